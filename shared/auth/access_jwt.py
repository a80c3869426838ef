"""Cloudflare Access: who an administrator is, from the verified assertion and nothing else.

The plain header with an e-mail address that Access also sends is never read: anybody who reaches the origin can
write it.
Source: https://developers.cloudflare.com/cloudflare-one/identity/authorization-cookie/validating-json/
"""

from typing import Any, Final

import jwt
import msgspec

from shared.auth.remote_keys import RemoteKeys
from shared.errors import AdminUnauthenticated, Unauthenticated

LEEWAY_S: Final = 60
HEADER: Final = "cf-access-jwt-assertion"


class AccessIdentity(msgspec.Struct, frozen=True):
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
            claims = self._claims(assertion, self._keys.key(key_id))
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

    def _claims(self, assertion: str, key: Any) -> dict[str, Any]:  # noqa: ANN401  whatever the key set holds
        """Return the claims of an assertion that holds here and now.

        Raises: AdminUnauthenticated: it does not, but the team has signed it. jwt.PyJWTError: it has not.
        """
        try:
            return jwt.decode(
                assertion,
                key,
                algorithms=["RS256"],
                audience=self._audience,
                issuer=self._issuer,
                leeway=LEEWAY_S,
                options={"require": ["exp", "iat", "aud", "iss"]},
            )
        except jwt.ExpiredSignatureError:
            told, code = "the token has expired", "token_expired"
        except (jwt.InvalidAudienceError, jwt.InvalidIssuerError, jwt.ImmatureSignatureError):
            told, code = "the token is not valid", "invalid_token"
        # What holds of it tells whose it is.
        unchecked = {f"verify_{claim}": False for claim in ("aud", "iss", "exp", "nbf", "iat")}
        signed: dict[str, Any] = jwt.decode(assertion, key, algorithms=["RS256"], options=unchecked)  # type: ignore[arg-type]  # a dict of the options' type
        login = str(signed.get("email") or signed.get("common_name") or "")[:500]
        raise AdminUnauthenticated(told, code=code, proof="access", login=login, reason=code)
