"""Who may make an account: everybody, whoever holds a beta token that was not used for it yet, or nobody."""

import msgspec

from shared.api import Request
from shared.auth.authenticator import bearer_token
from shared.auth.beta_tokens import hash_beta_token, tenant_of_beta_token
from shared.errors import Forbidden, Unauthenticated


class Invitation(msgspec.Struct, frozen=True):
    """A beta token that is offered as an invitation; the database knows whether it is one."""

    tenant_id: str
    token_hash: str


def invitation_of(request: Request) -> Invitation | None:
    """Return the invitation a registration needs and carries as its bearer token, None where it needs none.

    Raises: Forbidden: registration is closed (`registration_closed`), or there is no invitation, or none that could be
        one (`invitation_required`, `invitation_invalid`).
    """
    settings = request.context.settings
    if settings.registration == "open":
        return None
    if settings.registration == "closed":
        raise Forbidden("new accounts are not made here", code="registration_closed")
    try:
        token = bearer_token(request.http.headers.get("authorization"))
        if token is None:
            raise Forbidden("an invitation is required: Authorization: Bearer <beta token>", code="invitation_required")
        return Invitation(tenant_of_beta_token(token), hash_beta_token(token, settings.secret))
    except (Unauthenticated, UnicodeEncodeError):
        message = "this invitation is not valid or was used before"
        raise Forbidden(message, code="invitation_invalid") from None
