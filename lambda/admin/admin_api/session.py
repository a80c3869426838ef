"""Sign in and out without Cloudflare Access: a password and a one-time code."""

import time

from msgspec import UNSET

from admin_api.answers import Administrator, Done, Session
from admin_api.requests import SignIn
from shared.api import Access, Request, Routes
from shared.auth.admins import SESSION_S, AdminCaller, hash_session_token, new_session_token
from shared.auth.caller import Limit
from shared.auth.passwords import verify_password
from shared.auth.totp import step_of, totp_key
from shared.config import Settings
from shared.domain.emails import normal_email
from shared.errors import AdminUnauthenticated
from shared.repositories.administration import AdministrationRepository
from shared.repositories.admins import AdminSessionRepository

routes = Routes("admin")


def _logins(settings: Settings) -> Limit:
    return Limit("admin_login", settings.logins_per_minute)


@routes.post("/api/admin/session", access=Access.PUBLIC, status=201, limit=_logins)
def sign_in(request: Request, body: SignIn) -> Session:
    """Open an administrator's session for an hour."""
    login = normal_email(body.email)
    with request.unit() as unit:
        found = AdminSessionRepository(unit).find(login)
    known = found.result
    if not verify_password(body.password, known.password_hash if known else None) or known is None:
        raise _wrong(login, "invalid_password")
    secret = request.context.settings.secret
    token = new_session_token()
    with request.unit() as unit:
        opened = AdminSessionRepository(unit).open(
            known.id,
            step=step_of(totp_key(secret, known.totp_nonce), body.code, time.time()),
            token_hash=hash_session_token(token, secret),
            lifetime_s=SESSION_S,
            address=request.caller.address,
            request_id=request.http.request_id,
        )
    if not opened.result:
        raise _wrong(login, "invalid_code")
    return Session(token=token, expires_in=SESSION_S)


def _wrong(login: str, reason: str) -> AdminUnauthenticated:
    """Return the refusal; whoever is refused does not learn what was wrong."""
    told = "the address, the password or the code is wrong"
    return AdminUnauthenticated(told, code="invalid_credentials", proof="password", login=login, reason=reason)


@routes.get("/api/admin/session", access=Access.ADMIN)
def who_am_i(request: Request) -> Administrator:
    """Return who is asking and what they may reach."""
    with request.unit() as unit:
        found = AdministrationRepository(unit).administrator()
    person = found.result
    return Administrator(name=person.name, role=person.role, tenants=person.tenants or UNSET)


@routes.delete("/api/admin/session", access=Access.ADMIN, role="support")
def sign_out(request: Request) -> Done:
    """End the session at once; one of Cloudflare Access ends there."""
    caller = request.caller
    with request.unit() as unit:
        if isinstance(caller, AdminCaller) and caller.proof == "session" and caller.credential:
            AdminSessionRepository(unit).close(caller.credential)
    return Done("signed_out")
