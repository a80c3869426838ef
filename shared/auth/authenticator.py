"""From a credential to a Caller, without I/O: the database confirms it in the request's one round trip."""

import ipaddress
from functools import lru_cache

from shared.auth.access_tokens import AccessTokens
from shared.auth.beta_tokens import PREFIX, hash_beta_token, tenant_of_beta_token
from shared.auth.caller import Caller
from shared.config import Settings
from shared.errors import Unauthenticated

LONGEST_TOKEN = 4096


@lru_cache(maxsize=4096)
def address_prefix(address: str) -> str:
    """Return what limits count by: an IPv4 address itself, an IPv6 address's /64 network, else "unknown"."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return "unknown"
    if isinstance(parsed, ipaddress.IPv6Address):
        if parsed.ipv4_mapped:
            return str(parsed.ipv4_mapped)
        return str(ipaddress.ip_network((parsed, 64), strict=False))
    return str(parsed)


class Authenticator:
    """Recognises the credentials of one deployment."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self.access_tokens = AccessTokens(settings.secret, lifetime_s=settings.access_token_s)

    def caller(self, token: str | None, *, address: str, allow_open: bool = True) -> Caller:
        """Return the caller a token proves; in open mode no token is the default learner, where that is allowed.

        Raises: Unauthenticated: no token where one is needed (`missing_token`), or a bad one in any mode.
        """
        prefix = address_prefix(address)
        if token is None:
            if allow_open and self._settings.auth_mode == "open":
                tenant, user = self._settings.open_tenant, self._settings.open_user
                return Caller("open", tenant, None, user, address=prefix)
            raise Unauthenticated("a token is required: Authorization: Bearer …", code="missing_token")
        if len(token) > LONGEST_TOKEN or not token.isascii():
            raise Unauthenticated("the token is not valid")
        if token.startswith(PREFIX):
            tenant = tenant_of_beta_token(token)
            return Caller("beta", tenant, hash_beta_token(token, self._settings.secret), address=prefix)
        claims = self.access_tokens.verify(token)
        return Caller("session", claims.tenant_id, claims.session_id, claims.user_id, address=prefix)


def bearer_token(authorization: str | None) -> str | None:
    """Return the token of an `Authorization: Bearer …` header, None when the header is absent or empty.

    Raises: Unauthenticated: another scheme, or no token behind it.
    """
    if not authorization:
        return None
    scheme, _, token = authorization.partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise Unauthenticated("Authorization must be: Bearer <token>")
    return token.strip()
