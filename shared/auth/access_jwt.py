"""Cloudflare Access: who an administrator is, from the verified assertion and nothing else.

The plain header with an e-mail address that Access also sends is never read: anybody who reaches the origin can
write it.
Source: https://developers.cloudflare.com/cloudflare-one/identity/authorization-cookie/validating-json/
"""

from dataclasses import dataclass
from typing import Any, Final

import jwt

from shared.auth.remote_keys import RemoteKeys
from shared.errors import Unauthenticated

LEEWAY_S: Final = 60
HEADER: Final = "cf-access-jwt-assertion"


@dataclass(frozen=True, slots=True)
class AccessIdentity:
    """A person or a service token that Access let through.

    Attributes:
        subject: Access's id of the person; empty for a service token.
        email: empty for a service token.
        service: the client id of a service token; empty for a person.
    """

    subject: str
    email: str
    service: str


class AccessVerifier:
    """Verifies assertions of one Access application.

    Args:
        team: such as `https://school.cloudflareaccess.com`, the issuer.
        audience: the application's AUD tag.
    """

    def __init__(self, team: str, audience: str, keys: RemoteKeys) -> None:
        self._issuer = team
        self._audience = audience
        self._keys = keys

    def verify(self, assertion: str) -> AccessIdentity:
        """Return the identity an assertion proves.

        Raises: Unauthenticated: anything about it is wrong. Unavailable: the keys cannot be read.
        """
        try:
            key_id = jwt.get_unverified_header(assertion).get("kid")
            if not isinstance(key_id, str):
                raise Unauthenticated("the token is not valid")
            claims: dict[str, Any] = jwt.decode(
                assertion,
                self._keys.key(key_id),
                algorithms=["RS256"],
                audience=self._audience,
                issuer=self._issuer,
                leeway=LEEWAY_S,
                options={"require": ["exp", "iat", "aud", "iss"]},
            )
        except jwt.ExpiredSignatureError:
            raise Unauthenticated("the token has expired", code="token_expired") from None
        except jwt.PyJWTError:
            raise Unauthenticated("the token is not valid") from None
        identity = AccessIdentity(
            subject=str(claims.get("sub") or ""),
            email=str(claims.get("email") or ""),
            service=str(claims.get("common_name") or ""),
        )
        if not (identity.subject and identity.email) and not identity.service:
            raise Unauthenticated("the token is not valid")
        return identity
