"""One's own account: what it says, its password, where it is signed in."""

from auth_api.account_models import AccountChanges, DeviceItem, PasswordChange, SessionItem
from auth_api.models import Me, Message, Workplace, Workplaces
from auth_api.new_passwords import strong_enough
from shared.api import Access, Listing, Request, Routes
from shared.auth.caller import Limit
from shared.auth.passwords import hash_password, verify_password
from shared.config import Settings
from shared.domain.emails import normal_email
from shared.errors import InvalidInput, Unauthenticated
from shared.ids import known_id
from shared.repositories.accounts import AccountRepository
from shared.repositories.audit import AuditRepository
from shared.repositories.auth_sessions import AuthSessionRepository
from shared.repositories.devices import DeviceRepository
from shared.repositories.mail_outbox import MailOutbox
from shared.repositories.tenants import TenantRepository

routes = Routes("auth")


def password_checks(settings: Settings) -> Limit:
    """Return how often a signed-in caller may try a password: a stolen access token must not serve to guess it."""
    return Limit("password", settings.logins_per_minute)


def current_session(request: Request) -> str | None:
    """Return the sign-in a request is made with; a beta token is none."""
    return request.caller.credential if request.caller.kind == "session" else None


@routes.get("/api/auth/me", access=Access.ACCOUNT)
def me(request: Request) -> Me:
    """Return the caller's own account."""
    with request.unit() as unit:
        account = AccountRepository(unit).me()
    return Me.of(account.result)


@routes.get("/api/auth/tenants", access=Access.ACCOUNT)
def my_tenants(request: Request) -> Workplaces:
    """List the tenants the caller may work in; a beta token works in its own only."""
    with request.unit() as unit:
        found = TenantRepository(unit).mine(confined=request.caller.kind == "beta")
    return Workplaces([Workplace.of(tenant, request.tenant_id) for tenant in found.result])


@routes.patch("/api/auth/me", access=Access.ACCOUNT)
def change_me(request: Request, body: AccountChanges) -> Me:
    """Change the caller's own account; another address counts as unverified until its mail is answered."""
    name = " ".join((body.display_name or body.name or "").split()) or None
    email = normal_email(body.email) if body.email else None
    if not any((name, email, body.avatar_url, body.locale, body.timezone)):
        raise InvalidInput("nothing to change: send at least one field", code="no_updates")
    with request.unit() as unit:
        accounts = AccountRepository(unit)
        accounts.change(display_name=name, avatar_url=body.avatar_url, locale=body.locale, timezone=body.timezone)
        if email:
            accounts.change_email(email)
            AuditRepository(unit).record(
                "email_changed", address=request.caller.address, request_id=request.http.request_id
            )
        changed = accounts.me()
    return Me.of(changed.result)


@routes.post("/api/auth/password", access=Access.ACCOUNT, limit=password_checks, replayable=False)
def change_password(request: Request, body: PasswordChange) -> Message:
    """Set another password and sign every other device out."""
    given = {"current_password": body.current_password, "new_password": body.new_password}
    if missing := {name: "required" for name, value in given.items() if not value}:
        raise InvalidInput(f"{' and '.join(missing)}: required", code="missing_credentials", details=missing)
    current, new = body.current_password or "", body.new_password or ""
    with request.unit() as unit:
        proof = AccountRepository(unit).proof(current_session(request), recent_s=0)
    stored = proof.result.password_hash
    if not verify_password(current, stored) or stored is None:
        raise Unauthenticated("the current password is wrong", code="invalid_password")
    strong_enough(new, ((proof.result.email or "").partition("@")[0], proof.result.display_name), "new_password")
    new_hash = hash_password(new)
    with request.unit() as unit:
        accounts = AccountRepository(unit)
        accounts.change_password(old_hash=stored, new_hash=new_hash, session_id=current_session(request))
        AuditRepository(unit).record(
            "password_changed", address=request.caller.address, request_id=request.http.request_id
        )
        if proof.result.email:
            MailOutbox(unit).ask("password_changed", proof.result.email)
    return Message("password changed; every other device is signed out")


@routes.get("/api/auth/devices", access=Access.ACCOUNT)
def devices(request: Request) -> Listing:
    """List what the caller has signed in from."""
    with request.unit() as unit:
        found = DeviceRepository(unit).all(current_session(request))
    return Listing("devices", [DeviceItem.of(device) for device in found.result])


@routes.delete("/api/auth/devices/{device_id}", access=Access.ACCOUNT)
def forget_device(request: Request, device_id: str) -> Message:
    """Forget a device and end its sign-ins; the one in use is signed out of instead."""
    device = known_id(device_id, "device")
    with request.unit() as unit:
        DeviceRepository(unit).forget(device, current_session(request))
        AuditRepository(unit).record(
            "device_removed", subject=device, address=request.caller.address, request_id=request.http.request_id
        )
    return Message("device removed")


@routes.get("/api/auth/sessions", access=Access.ACCOUNT)
def sessions(request: Request) -> Listing:
    """List where the caller is signed in."""
    with request.unit() as unit:
        found = AuthSessionRepository(unit).all(current_session(request))
    return Listing("sessions", [SessionItem.of(session) for session in found.result])


@routes.delete("/api/auth/sessions/{auth_session_id}", access=Access.ACCOUNT)
def end_session(request: Request, auth_session_id: str) -> Message:
    """Sign one of the caller's sign-ins out."""
    session = known_id(auth_session_id, "session")
    with request.unit() as unit:
        AuthSessionRepository(unit).end(session)
        AuditRepository(unit).record(
            "signed_out", subject=session, address=request.caller.address, request_id=request.http.request_id
        )
    return Message("signed out")
