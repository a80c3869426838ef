"""Proving once more who one is, before something that cannot be undone."""

from typing import Final

from auth_api.account_routes import current_session
from shared.api import Request
from shared.auth.passwords import verify_password
from shared.errors import Forbidden, Unauthenticated
from shared.repositories.accounts import AccountRepository, Proof

# A sign-in this young is as good as the password.
RECENT_S: Final = 300


def prove_again(request: Request, password: str | None) -> Proof:
    """Let nobody go on who has neither the account's password nor a sign-in of a few minutes ago.

    Raises: Unauthenticated: the password is wrong (`invalid_password`). Forbidden: there is none, and the sign-in is
        old, or a beta token (`recent_sign_in_needed`).
    """
    with request.unit() as unit:
        proof = AccountRepository(unit).proof(current_session(request), recent_s=RECENT_S)
    if password is not None:
        if not verify_password(password, proof.result.password_hash):
            raise Unauthenticated("the password is wrong", code="invalid_password")
    elif not proof.result.is_recent:
        raise Forbidden("send the password, or sign in again first", code="recent_sign_in_needed")
    return proof.result
