"""Mail that proves an address: a forgotten password, a new address.

Asking for a mail writes the same row whoever asks for whichever address; whether it is anybody's is found when the
mail is made. So neither the answer nor its timing tells.
"""

import msgspec

from auth_api.account_models import AddressedMail, PasswordReset, Verification
from auth_api.models import Message
from auth_api.new_passwords import strong_enough
from shared.api import Access, Request, Routes
from shared.auth.authenticator import bearer_token
from shared.auth.caller import Limit
from shared.auth.one_time_tokens import OneTimeToken
from shared.auth.passwords import hash_password
from shared.config import Settings
from shared.domain.emails import normal_email
from shared.errors import InvalidInput
from shared.repositories.accounts import AccountRepository
from shared.repositories.audit import AuditRepository
from shared.repositories.mail_outbox import MailOutbox
from shared.repositories.one_time_tokens import OneTimeTokenRepository

routes = Routes("auth")


def _mails(settings: Settings) -> Limit:
    return Limit("mail", settings.logins_per_minute)


@routes.post("/api/auth/forgot-password", access=Access.PUBLIC, limit=_mails)
def forgot_password(request: Request, body: AddressedMail) -> Message:
    """Send a link that sets a new password, if the address has an account."""
    email = normal_email(_required("email", body.email))
    with request.unit() as unit:
        MailOutbox(unit).ask("reset_password", email)
    return Message("if this address has an account, a mail is on its way")


@routes.post("/api/auth/reset-password", access=Access.PUBLIC, limit=_mails)
def reset_password(request: Request, body: PasswordReset) -> Message:
    """Set a new password with the token of a mail; every sign-in of the account ends."""
    token = OneTimeToken.read(_required("token", body.token))
    new_password = _required("new_password", body.new_password)
    token_hash = token.hash(request.context.settings.secret)
    request.recognise(msgspec.structs.replace(request.caller, tenant_id=token.tenant_id))
    with request.unit() as unit:
        owner = OneTimeTokenRepository(unit).owner(token.id, purpose="reset_password", token_hash=token_hash)
    if owner.result is None:
        raise InvalidInput("this link is not valid any more: ask for a new one", code="invalid_link")
    strong_enough(new_password, (owner.result.email.partition("@")[0], owner.result.display_name), "new_password")
    new_hash = hash_password(new_password)
    with request.unit() as unit:
        OneTimeTokenRepository(unit).reset_password(token.id, token_hash=token_hash, new_password_hash=new_hash)
        AuditRepository(unit).record(
            "password_reset", address=request.caller.address, request_id=request.http.request_id
        )
    return Message("password changed; sign in with it")


@routes.get("/api/auth/verify-email", access=Access.PUBLIC)
def verify_email(request: Request, query: Verification) -> Message:
    """Take an address as its owner's, with the token of a mail."""
    token = OneTimeToken.read(_required("token", query.token))
    request.recognise(msgspec.structs.replace(request.caller, tenant_id=token.tenant_id))
    with request.unit() as unit:
        tokens = OneTimeTokenRepository(unit)
        tokens.verify_email(token.id, token_hash=token.hash(request.context.settings.secret))
        AuditRepository(unit).record(
            "email_verified", subject=token.id, address=request.caller.address, request_id=request.http.request_id
        )
    return Message("thank you: this address is verified")


@routes.post("/api/auth/resend-verification", access=Access.PUBLIC, limit=_mails)
def resend_verification(request: Request, body: AddressedMail) -> Message:
    """Send the link that verifies an address once more: to the given one, or to the signed-in caller's."""
    if body.email:
        email = normal_email(body.email)
    else:
        token = bearer_token(request.http.headers.get("authorization"))
        if token is None:
            _required("email", None)
        caller = request.context.authenticator.caller(token, address=request.caller.address)
        request.recognise(msgspec.structs.replace(caller, client=request.client.claimed))
        with request.unit() as unit:
            account = AccountRepository(unit).me()
        email = account.result.email or ""
    if email:
        with request.unit() as unit:
            MailOutbox(unit).ask("verify_email", email)
    return Message("if this address has an account that is not verified, a mail is on its way")


def _required(name: str, value: str | None) -> str:
    if not value:
        code = "missing_token" if name == "token" else "missing_credentials"
        raise InvalidInput(f"{name}: required", code=code, details={name: "required"})
    return value
