"""ID tokens of Apple and of Google: who somebody is, as the provider that signed them in says (OpenID Connect Core).

Whatever a token names as its own proof (`jwk`, `jku`, `x5u`, another algorithm) is never looked at: the keys come from
the provider's published set and the algorithm is RS256.
Sources: https://developers.google.com/identity/gsi/web/guides/verify-google-id-token and
https://developer.apple.com/documentation/signinwithapple/verifying-a-user
"""

import hashlib
import hmac
from datetime import UTC, datetime
from typing import Any, Final, Literal

import jwt
import msgspec

from shared.auth.remote_keys import RemoteKeys
from shared.errors import Unauthenticated

Provider = Literal["apple", "google"]

LONGEST_TOKEN: Final = 8192
LEEWAY_S: Final = 60
ISSUERS: Final[dict[Provider, tuple[str, ...]]] = {
    "apple": ("https://appleid.apple.com",),
    "google": ("https://accounts.google.com", "accounts.google.com"),
}
_REQUIRED: Final = ["exp", "iat", "iss", "aud", "sub", "nonce"]
_LONGEST_SUBJECT: Final = 255  # OpenID Connect Core, section 2
_FAR: Final = 1 << 35  # seconds since 1970 that every date can hold
_RELAY: Final = "@privaterelay.appleid.com"


class Identity(msgspec.Struct, frozen=True, kw_only=True):
    """A person as a provider knows them.

    Attributes:
        subject: the provider's own id of them. email: as it was sent; empty where the provider told none.
        proves_email: an account that is made with it needs no mail to verify the address.
        may_link: the provider is the authority for the address, so an account here that proved it is the same person's.
        fingerprint: hex SHA-256 of what was signed, to use the token once. expires_at: when it is worth nothing anyhow.
    """

    provider: Provider
    subject: str
    email: str
    name: str
    proves_email: bool
    may_link: bool
    fingerprint: str
    expires_at: datetime


class IdTokenVerifier:
    """Verifies the ID tokens one provider made for our apps.

    Args:
        audiences: client ids of our apps.
    """

    def __init__(self, provider: Provider, audiences: tuple[str, ...], keys: RemoteKeys) -> None:
        self._provider: Provider = provider
        self._audiences = audiences
        self._keys = keys

    def verify(self, token: str, nonce: str) -> Identity:
        """Return who a token proves.

        Args:
            nonce: the raw value our app made for this one sign-in.
        Raises: Unauthenticated: anything about it is wrong (`invalid_credentials`, always in the same words).
            Unavailable: the provider's keys cannot be read.
        """
        try:
            claims = self._claims(token)
        except (jwt.PyJWTError, Unauthenticated):
            raise refused() from None
        subject, audience, told = claims["sub"], claims["aud"], claims["nonce"]
        if not isinstance(audience, str) or not isinstance(told, str) or not 0 < len(subject) <= _LONGEST_SUBJECT:
            raise refused()
        # Apple's own SDK is given the hash of the nonce, so that whoever sees the token cannot tell the nonce.
        wanted = hashlib.sha256(nonce.encode()).hexdigest() if self._provider == "apple" else nonce
        if not subject.isprintable() or not hmac.compare_digest(told.encode("utf-8", "replace"), wanted.encode()):
            raise refused()
        return self._identity(token, claims)

    def _claims(self, token: str) -> dict[str, Any]:
        if len(token) > LONGEST_TOKEN or not token.isascii():
            raise refused()
        header = jwt.get_unverified_header(token)
        key_id = header.get("kid")
        # A token of another kind, such as an access token, is none of these.
        if not isinstance(key_id, str) or header.get("typ", "JWT") != "JWT":
            raise refused()
        return jwt.decode(
            token,
            self._keys.key(key_id),
            algorithms=["RS256"],
            audience=self._audiences,
            issuer=ISSUERS[self._provider],
            leeway=LEEWAY_S,
            options={"require": _REQUIRED},
        )

    def _identity(self, token: str, claims: dict[str, Any]) -> Identity:
        email, name = _line(claims.get("email")), _line(claims.get("name"))
        is_verified = bool(email) and _is_true(claims.get("email_verified"))
        if self._provider == "apple":
            # A relay's address is nobody's until Apple makes it, so an account that has it already is somebody else's.
            hidden = _is_true(claims.get("is_private_email")) or email.lower().endswith(_RELAY)
            proves, may_link = is_verified, is_verified and not hidden
        else:
            # For others' addresses Google only says that they were verified at some time.
            proves = may_link = is_verified and (email.lower().endswith("@gmail.com") or bool(claims.get("hd")))
        return Identity(
            provider=self._provider,
            subject=claims["sub"],
            email=email,
            name=name,
            proves_email=proves,
            may_link=may_link,
            fingerprint=hashlib.sha256(token.rpartition(".")[0].encode()).hexdigest(),
            expires_at=datetime.fromtimestamp(min(int(claims["exp"]) + LEEWAY_S, _FAR), UTC),
        )


def refused() -> Unauthenticated:
    """Return the one answer to every ID token that is not good: not a code that would end the client's session."""
    return Unauthenticated("this sign-in is not valid", code="invalid_credentials")


def _line(claim: object) -> str:
    """Return a text that can be stored and shown, else an empty one."""
    return claim if isinstance(claim, str) and claim.isprintable() else ""


def _is_true(claim: object) -> bool:
    """Read Apple's booleans, which may be texts."""
    return claim is True or claim == "true"
