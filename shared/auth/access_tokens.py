"""Access tokens: EdDSA-signed JWTs that live for minutes; algorithm, issuer, audience, type and key id are pinned.

Only we issue them, so there is one header, and a token that begins otherwise is not ours: nothing a header could ask
for (another algorithm, another key) is ever read. Made and read here rather than by a JWT library, whose import is a
sixth of a function's memory and start.
Sources: RFC 7515 (compact serialisation), RFC 8037 (EdDSA), RFC 9068 (the type).
"""

import hashlib
import time
from functools import lru_cache
from typing import Final

import msgspec
from nacl.exceptions import BadSignatureError
from nacl.signing import SigningKey

from shared import base64url
from shared.auth.keys import derive
from shared.errors import Unauthenticated
from shared.ids import new_id

ISSUER: Final = "unamentis"
AUDIENCE: Final = "unamentis-api"
TYPE: Final = "at+jwt"  # RFC 9068
ALGORITHM: Final = "EdDSA"
_SIGNATURE_CHARS: Final = 86  # 64 bytes in base64url without padding
# An app sends the same token with each request for a quarter of an hour.
_PROVED_TOKENS: Final = 1024


class AccessClaims(msgspec.Struct, frozen=True):
    """What a verified access token says: the user, the tenant and the sign-in it belongs to."""

    user_id: str
    tenant_id: str
    session_id: str


class _Payload(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A token's claims; every one but `nbf` is required."""

    iss: str
    aud: str
    sub: str
    tid: str
    sid: str
    iat: int
    exp: int
    jti: str
    nbf: int = 0


class AccessTokens:
    """Issues and verifies the access tokens of one deployment."""

    def __init__(self, secret: bytes, *, lifetime_s: int) -> None:
        self.lifetime_s = lifetime_s
        self._private = SigningKey(derive(secret, "access-token"))
        self._public = self._private.verify_key
        raw = bytes(self._public)
        self._x = base64url.encode(raw)
        self.key_id = hashlib.sha256(raw).hexdigest()[:16]
        self._header = base64url.encode(msgspec.json.encode({"alg": ALGORITHM, "kid": self.key_id, "typ": TYPE}))
        # By the whole token, and for these keys only. What is refused is never kept, and time is asked each time.
        self._proved = lru_cache(maxsize=_PROVED_TOKENS)(self._prove)

    def issue(self, claims: AccessClaims) -> str:
        """Return a signed token that is valid for `lifetime_s` seconds from now."""
        now = int(time.time())
        payload = _Payload(
            iss=ISSUER,
            aud=AUDIENCE,
            sub=claims.user_id,
            tid=claims.tenant_id,
            sid=claims.session_id,
            iat=now,
            exp=now + self.lifetime_s,
            jti=new_id(),
        )
        signed = f"{self._header}.{base64url.encode(msgspec.json.encode(payload))}"
        return f"{signed}.{base64url.encode(self._private.sign(signed.encode()).signature)}"

    def verify(self, token: str) -> AccessClaims:
        """Return a token's claims.

        Raises: Unauthenticated: anything about it is wrong; code `token_expired` only when nothing but time is.
        """
        payload = self._proved(token)
        now = time.time()
        if payload.iss != ISSUER or payload.aud != AUDIENCE or max(payload.iat, payload.nbf) > now:
            raise Unauthenticated("the token is not valid")
        if payload.exp <= now:
            raise Unauthenticated("the token has expired", code="token_expired")
        return AccessClaims(payload.sub, payload.tid, payload.sid)

    def _prove(self, token: str) -> _Payload:
        """Return the claims of a token that one of our keys has signed.

        Raises: Unauthenticated: none has.
        """
        signed, _, signature = token.rpartition(".")
        header, _, body = signed.partition(".")
        try:
            if header != self._header or len(signature) != _SIGNATURE_CHARS:
                raise Unauthenticated("the token is not valid")
            self._public.verify(signed.encode("ascii"), base64url.decode(signature))
            return msgspec.json.decode(base64url.decode(body), type=_Payload)
        except (BadSignatureError, msgspec.DecodeError, ValueError):
            raise Unauthenticated("the token is not valid") from None

    def jwks(self) -> dict[str, list[dict[str, str]]]:
        """Return the public keys as a JSON Web Key Set (RFC 8037)."""
        key = {"kty": "OKP", "crv": "Ed25519", "x": self._x, "kid": self.key_id, "alg": ALGORITHM, "use": "sig"}
        return {"keys": [key]}
