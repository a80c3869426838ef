"""What register and login share: from proved credentials to a signed-in client."""

from collections.abc import Callable

import msgspec
from msgspec import UNSET

from auth_api.models import Credentials, DeviceId, SignedIn, Tokens, User
from shared.api import Request
from shared.auth.access_tokens import AccessClaims
from shared.auth.known_devices import KnownDevices
from shared.auth.refresh_tokens import LIFETIME_S, RefreshToken
from shared.clock import iso
from shared.db import Unit
from shared.errors import InvalidInput
from shared.ids import new_id
from shared.repositories.accounts import AccountRepository
from shared.repositories.audit import AuditRepository
from shared.repositories.auth_sessions import AuthSessionRepository
from shared.repositories.devices import DeviceFacts, DeviceRepository


class Person(msgspec.Struct, frozen=True):
    """Whose credentials were proved, or who is being made."""

    tenant_id: str
    user_id: str


def read_credentials(body: Credentials) -> tuple[str, str]:
    """Return the address and the password as they were sent.

    Raises: InvalidInput: one is missing (`missing_credentials`).
    """
    if body.email and body.password:
        return body.email, body.password
    missing = {name: "required" for name in ("email", "password") if not getattr(body, name)}
    raise InvalidInput("email and password are required", code="missing_credentials", details=missing)


def sign_in(unit: Unit, request: Request, person: Person, device: DeviceFacts, action: str) -> Callable[[], SignedIn]:
    """Queue a sign-in of the unit's user; what is returned gives the answer once the unit has ended.

    Args:
        action: what the audit log calls it.
    """
    session_id = new_id()
    token = RefreshToken.first(person.tenant_id, session_id)
    DeviceRepository(unit).seen(new_id(), device)
    opened = AuthSessionRepository(unit).open(
        session_id,
        token_hash=token.hash(request.context.settings.secret),
        lifetime_s=LIFETIME_S,
        fingerprint=device.fingerprint,
        address=request.caller.address,
        user_agent=request.client.user_agent,
    )
    AuditRepository(unit).record(
        action, subject=session_id, address=request.caller.address, request_id=request.http.request_id
    )
    account = AccountRepository(unit).me()

    def answer() -> SignedIn:
        tokens = tokens_of(request, AccessClaims(person.user_id, person.tenant_id, session_id), token)
        user = User.of(account.result)
        device_id = opened.result.device_id
        return SignedIn(
            access_token=tokens.access_token,
            refresh_token=tokens.refresh_token,
            expires_in=tokens.expires_in,
            tokens=tokens,
            id=user.id,
            email=user.email,
            name=user.display_name,
            created_at=iso(account.result.created_at),
            user=user,
            device=DeviceId(device_id) if device_id else UNSET,
            known_device=KnownDevices(request.context.settings.secret).issue(account.result.email or ""),
        )

    return answer


def tokens_of(request: Request, claims: AccessClaims, refresh: RefreshToken) -> Tokens:
    """Return a fresh access token beside a refresh token."""
    issuer = request.context.authenticator.access_tokens
    return Tokens(access_token=issuer.issue(claims), refresh_token=refresh.text, expires_in=issuer.lifetime_s)
