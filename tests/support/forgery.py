"""Access tokens as somebody without the deployment's secret would make them, and badly made ones of our own."""

import base64
import hashlib
import hmac
import json
import string
import time
from collections.abc import Callable, Mapping
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from shared.auth.access_tokens import AUDIENCE, ISSUER, TYPE, AccessClaims, AccessTokens
from shared.auth.keys import derive
from shared.ids import new_id
from tests.support.identity import SECRET

KEY = Ed25519PrivateKey.from_private_bytes(derive(SECRET, "access-token"))
KEY_ID = AccessTokens(SECRET, lifetime_s=900).key_id


def claims_of(person: AccessClaims, **changes: Any) -> dict[str, Any]:
    """Return the claims of a good token; a change to None leaves one out."""
    now = int(time.time())
    claims = {
        "iss": ISSUER,
        "aud": AUDIENCE,
        "sub": person.user_id,
        "tid": person.tenant_id,
        "sid": person.session_id,
        "iat": now,
        "exp": now + 900,
        "jti": new_id(),
        **changes,
    }
    return {name: value for name, value in claims.items() if value is not None}


def signed(claims: Mapping[str, Any], key: Ed25519PrivateKey = KEY, headers: Mapping[str, Any] | None = None) -> str:
    """Return a token signed with an Ed25519 key, ours unless another is given."""
    return jwt.encode(dict(claims), key, "EdDSA", headers={"kid": KEY_ID, "typ": TYPE, **(headers or {})})


def by_hand(claims: object, spoil: Callable[[str], str] = str, **header: Any) -> str:
    """Return a token signed by us whose claims may be anything; `spoil` changes their base64 before that."""
    text = f"{_part({'alg': 'EdDSA', 'kid': KEY_ID, 'typ': TYPE, **header})}.{spoil(_part(claims))}"
    return f"{text}.{_base64(KEY.sign(text.encode()))}"


def respelt(token: str) -> str:
    """Return a token whose signature is written otherwise: its last character carries bits that nobody decodes."""
    alphabet = string.ascii_uppercase + string.ascii_lowercase + string.digits + "-_"
    return token[:-1] + alphabet[alphabet.index(token[-1]) ^ 1]


def unsigned(claims: Mapping[str, Any]) -> str:
    """Return a token that says it needs no signature."""
    header = {"alg": "none", "kid": KEY_ID, "typ": TYPE}
    return f"{_part(header)}.{_part(claims)}."


def keyed_with_the_public_key(claims: Mapping[str, Any], encoding: Encoding) -> str:
    """Return an HS256 token whose secret is our public key, which everybody has."""
    public = KEY.public_key()
    is_raw = encoding is Encoding.Raw
    secret = public.public_bytes(encoding, PublicFormat.Raw if is_raw else PublicFormat.SubjectPublicKeyInfo)
    text = f"{_part({'alg': 'HS256', 'kid': KEY_ID, 'typ': TYPE})}.{_part(claims)}"
    digest = hmac.digest(secret, text.encode(), hashlib.sha256)
    return f"{text}.{_base64(digest)}"


def _part(value: object) -> str:
    return _base64(json.dumps(value, separators=(",", ":")).encode())


def _base64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")
