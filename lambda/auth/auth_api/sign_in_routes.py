"""Register, sign in, stay signed in, sign out."""

from typing import Final

import msgspec

from auth_api.devices import device_facts
from auth_api.invitations import invitation_of
from auth_api.models import (
    Credentials,
    LogOut,
    Message,
    Refresh,
    Refreshed,
    Registration,
    SignedIn,
    WsTicket,
)
from auth_api.repeated import first_answer_at, keep, mark
from auth_api.rules import chosen_name
from auth_api.signing_in import Person, read_credentials, sign_in, tokens_of
from shared.api import Access, Reply, Request, Routes
from shared.auth.access_tokens import AccessClaims
from shared.auth.authenticator import bearer_token
from shared.auth.caller import Caller, Client, Limit
from shared.auth.known_devices import KnownDevices
from shared.auth.password_strength import weaknesses
from shared.auth.passwords import hash_password, is_outdated, verify_password
from shared.auth.refresh_tokens import GRACE_S, LIFETIME_S, RefreshToken
from shared.auth.ws_tickets import LIFETIME_S as TICKET_S
from shared.config import Settings
from shared.domain.emails import normal_email
from shared.errors import Forbidden, InvalidInput, Unauthenticated
from shared.ids import new_id
from shared.repositories.accounts import AccountRepository
from shared.repositories.audit import AuditRepository
from shared.repositories.auth_sessions import AuthSessionRepository
from shared.repositories.beta_tokens import BetaTokenRepository
from shared.repositories.login_attempts import LoginAttemptRepository
from shared.repositories.mail_outbox import MailOutbox
from shared.repositories.ws_tickets import WsTicketRepository

_LOGIN: Final = "login"
routes = Routes("auth")


def _registrations(settings: Settings) -> Limit:
    return Limit("register", settings.registrations_per_hour, 3600)


def _registration_pace(settings: Settings) -> int:
    return settings.registration_ms


def _logins(settings: Settings) -> Limit:
    return Limit(_LOGIN, settings.logins_per_minute)


def _refreshes(settings: Settings) -> Limit:
    return Limit("refresh", settings.refreshes_per_minute)


@routes.post("/api/auth/register", access=Access.PUBLIC, status=201, limit=_registrations, pace=_registration_pace)
def register(request: Request, body: Registration) -> SignedIn:
    """Make an account in a tenant of its own, and sign it in; where it takes an invitation, with a beta token."""
    invitation = invitation_of(request)
    given, password = read_credentials(body)
    email = normal_email(given)
    name = chosen_name(body.display_name or body.name, email)
    if suggestions := weaknesses(password, (email.partition("@")[0], name)):
        text = "; ".join(suggestions)
        raise InvalidInput(f"this password is too weak: {text}", code="weak_password", details={"suggestions": text})
    request.admit()
    if (answered := first_answer_at(request, email)) is not None:
        return answered
    person = Person(new_id(), new_id())
    password_hash = hash_password(password)
    with request.unit_for(person.tenant_id, person.user_id) as unit:
        accounts = AccountRepository(unit)
        if invitation is not None:
            BetaTokenRepository(unit).redeem(invitation.tenant_id, invitation.token_hash)
        accounts.found_individual(name)
        accounts.add(user_id=person.user_id, email=email, password_hash=password_hash, display_name=name)
        MailOutbox(unit).ask("verify_email", email)
        mark(unit, request)
        answer = sign_in(
            unit, request, person, device_facts(body.device, body.device_name, request.client), "registered"
        )
    return keep(request, person, answer(), 201)


@routes.post("/api/auth/login", access=Access.PUBLIC, limit=_logins)
def log_in(request: Request, body: Credentials) -> SignedIn:
    """Sign an account in."""
    given, password = read_credentials(body)
    email = normal_email(given)
    devices = KnownDevices(request.context.settings.secret)
    request.recognise(msgspec.structs.replace(request.caller, proved_device=devices.proved(email, body.known_device)))
    attempt, source = devices.account(email), request.caller.counted_by
    with request.unit() as unit:
        LoginAttemptRepository(unit).begin(attempt, source)
        found = AccountRepository(unit).find_sign_in(email)
    known = found.result
    stored = known.password_hash if known else None
    if not verify_password(password, stored) or known is None:
        raise Unauthenticated("the e-mail address or the password is wrong", code="invalid_credentials")
    if not known.is_active:
        raise Forbidden("this account is disabled", code="account_inactive")
    if known.is_locked:
        raise Forbidden("this account is locked", code="account_locked")
    fresher = hash_password(password) if stored and is_outdated(stored) else None
    person = Person(known.tenant_id, known.user_id)
    with request.unit_for(person.tenant_id, person.user_id) as unit:
        LoginAttemptRepository(unit).passed(attempt, source, f"{_LOGIN}:public:{source}")
        AccountRepository(unit).signed_in(new_password_hash=fresher)
        answer = sign_in(
            unit, request, person, device_facts(body.device, body.device_name, request.client), "signed_in"
        )
    return answer()


@routes.post("/api/auth/refresh", access=Access.PUBLIC, limit=_refreshes)
def refresh(request: Request, body: Refresh) -> Refreshed:
    """Exchange a refresh token for its successor and a new access token."""
    if not body.refresh_token:
        raise InvalidInput("refresh_token: required", code="missing_token", details={"refresh_token": "required"})
    token = RefreshToken.read(body.refresh_token)
    secret = request.context.settings.secret
    successors = token.successors(secret)
    request.recognise(_nobody_in(token.tenant_id, request))
    with request.unit() as unit:
        rotation = AuthSessionRepository(unit).rotate(
            token.auth_session_id,
            token_hash=token.hash(secret),
            successors=[successor.hash(secret) for successor in successors],
            lifetime_s=LIFETIME_S,
            grace_s=GRACE_S,
            address=request.caller.address,
            audit_id=new_id(),
            request_id=request.http.request_id,
        )
    match rotation.result.outcome:
        case "rotated":
            claims = AccessClaims(str(rotation.result.user_id), token.tenant_id, token.auth_session_id)
            tokens = tokens_of(request, claims, successors[rotation.result.step - 1])
            return Refreshed(
                access_token=tokens.access_token,
                refresh_token=tokens.refresh_token,
                expires_in=tokens.expires_in,
                tokens=tokens,
            )
        case "reused":
            raise Unauthenticated("this refresh token was used before; sign in again", code="token_reused")
        case "expired":
            raise Unauthenticated("the refresh token has expired", code="token_expired")
        case "inactive":
            raise Forbidden("this account is disabled", code="account_inactive")
        case "locked":
            raise Forbidden("this account is locked", code="account_locked")
        case "unknown":
            raise Unauthenticated("the refresh token is not valid")


@routes.post("/api/auth/logout", access=Access.PUBLIC)
def log_out(request: Request, body: LogOut) -> Message:
    """End the sign-in of the bearer token and of the refresh token, or all of their owner's.

    A client with neither is signed out already. An expired bearer token does no harm beside a refresh token.
    """
    token = RefreshToken.read(body.refresh_token) if body.refresh_token else None
    caller = _bearer(request, optional=token is not None)
    everywhere = bool(body.all_devices)
    if caller is not None:
        request.recognise(caller)
        with request.unit() as unit:
            sessions = AuthSessionRepository(unit)
            if everywhere:
                sessions.close_all()
            elif caller.kind == "session" and caller.credential:
                sessions.close(caller.credential)
            AuditRepository(unit).record(
                "signed_out", address=request.caller.address, request_id=request.http.request_id
            )
            if token is not None and token.tenant_id == caller.tenant_id:
                _close_by_token(request, sessions, token, everywhere=everywhere)
    elif token is not None:
        request.recognise(_nobody_in(token.tenant_id, request))
        with request.unit() as unit:
            _close_by_token(request, AuthSessionRepository(unit), token, everywhere=everywhere)
    return Message("signed out")


def _nobody_in(tenant_id: str, request: Request) -> Caller:
    """Return the caller in the tenant of a refresh token, in an app of whatever version.

    An app that is too old keeps its sign-in until it has been updated, and may end it.
    """
    return msgspec.structs.replace(request.caller, tenant_id=tenant_id, client=Client())


def _bearer(request: Request, *, optional: bool) -> Caller | None:
    """Return the caller of the bearer token, None without one; an expired one is none where it is optional."""
    text = bearer_token(request.http.headers.get("authorization"))
    if text is None:
        return None
    try:
        caller = request.context.authenticator.caller(text, address=request.caller.address)
    except Unauthenticated as exc:
        if optional and exc.error_code == "token_expired":
            return None
        raise
    # Of the client only its id, which a token may be bound to: an old app may sign out too.
    return msgspec.structs.replace(caller, client=Client(request.client.id))


def _close_by_token(
    request: Request, sessions: AuthSessionRepository, token: RefreshToken, *, everywhere: bool
) -> None:
    token_hash = token.hash(request.context.settings.secret)
    sessions.close_by_token(token.auth_session_id, token_hash=token_hash, all_devices=everywhere)


@routes.post("/api/auth/ws-ticket", access=Access.CLIENT, replayable=False)
def buy_ticket(request: Request) -> WsTicket:
    """Return what opens one WebSocket once, as the caller, within a minute."""
    with request.unit() as unit:
        ticket = WsTicketRepository(unit).mint(request.caller, secret=request.context.settings.secret)
    return WsTicket(ticket, TICKET_S)


@routes.get("/.well-known/jwks.json", access=Access.PUBLIC)
def jwks(request: Request) -> Reply:
    """Return the public keys that verify access tokens (RFC 7517)."""
    keys = request.context.authenticator.access_tokens.jwks()
    return Reply(keys, headers={"Cache-Control": "public, max-age=300"})
