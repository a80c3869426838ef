"""Access tokens: EdDSA-signed JWTs that live for minutes; algorithm, issuer, audience, type and key id are pinned."""

import base64
import hashlib
import time
from dataclasses import dataclass
from typing import Any, Final

import jwt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from shared.auth.keys import derive
from shared.errors import Unauthenticated
from shared.ids import new_id

ISSUER: Final = "unamentis"
AUDIENCE: Final = "unamentis-api"
TYPE: Final = "at+jwt"  # RFC 9068
ALGORITHM: Final = "EdDSA"
_REQUIRED: Final = ["exp", "iat", "iss", "aud", "sub", "tid", "sid", "jti"]


@dataclass(frozen=True, slots=True)
class AccessClaims:
    """What a verified access token says: the user, the tenant and the sign-in it belongs to."""

    user_id: str
    tenant_id: str
    session_id: str


class AccessTokens:
    """Issues and verifies the access tokens of one deployment."""

    def __init__(self, secret: bytes, *, lifetime_s: int) -> None:
        self.lifetime_s = lifetime_s
        self._private = Ed25519PrivateKey.from_private_bytes(derive(secret, "access-token"))
        self._public = self._private.public_key()
        raw = self._public.public_bytes(Encoding.Raw, PublicFormat.Raw)
        self._x = base64.urlsafe_b64encode(raw).decode().rstrip("=")
        self.key_id = hashlib.sha256(raw).hexdigest()[:16]

    def issue(self, claims: AccessClaims) -> str:
        """Return a signed token that is valid for `lifetime_s` seconds from now."""
        now = int(time.time())
        payload = {
            "iss": ISSUER,
            "aud": AUDIENCE,
            "sub": claims.user_id,
            "tid": claims.tenant_id,
            "sid": claims.session_id,
            "iat": now,
            "exp": now + self.lifetime_s,
            "jti": new_id(),
        }
        return jwt.encode(payload, self._private, ALGORITHM, headers={"kid": self.key_id, "typ": TYPE})

    def verify(self, token: str) -> AccessClaims:
        """Return a token's claims.

        Raises: Unauthenticated: anything about it is wrong; code `token_expired` only when nothing but time is.
        """
        try:
            header = jwt.get_unverified_header(token)
            if header.get("kid") != self.key_id or header.get("typ") != TYPE:
                raise Unauthenticated("the token is not valid")
            claims: dict[str, Any] = jwt.decode(
                token,
                self._public,
                algorithms=[ALGORITHM],
                audience=AUDIENCE,
                issuer=ISSUER,
                options={"require": _REQUIRED},
            )
        except jwt.ExpiredSignatureError:
            raise Unauthenticated("the token has expired", code="token_expired") from None
        except jwt.PyJWTError:
            raise Unauthenticated("the token is not valid") from None
        return AccessClaims(str(claims["sub"]), str(claims["tid"]), str(claims["sid"]))

    def jwks(self) -> dict[str, list[dict[str, str]]]:
        """Return the public keys as a JSON Web Key Set (RFC 8037)."""
        key = {"kty": "OKP", "crv": "Ed25519", "x": self._x, "kid": self.key_id, "alg": ALGORITHM, "use": "sig"}
        return {"keys": [key]}
