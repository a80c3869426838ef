"""Apple and Google as a test's own servers: they publish keys and sign ID tokens for our apps."""

import hashlib
from dataclasses import dataclass
from typing import Any

from msgspec import structs

from shared.api import Context
from shared.ids import new_id
from tests.support.key_server import KeyServer

NONCE = "the-raw-nonce-of-one-sign-in"
AUDIENCE = "example.school.app"
ISSUERS = {"apple": "https://appleid.apple.com", "google": "https://accounts.google.com"}


@dataclass(frozen=True, slots=True)
class Vendor:
    """One provider's side of a sign-in."""

    name: str
    server: KeyServer

    def claims(self, email: str | None = "ada@gmail.com", **changes: Any) -> dict[str, Any]:
        """Return what a good token says; a change to None leaves a claim out."""
        claims = {
            "iss": ISSUERS[self.name],
            "aud": AUDIENCE,
            "sub": "person-1",
            "jti": new_id(),
            "nonce": self.nonce(NONCE),
            "email": email,
            "email_verified": True if email else None,
            **changes,
        }
        return {name: value for name, value in claims.items() if value is not None}

    def nonce(self, raw: str) -> str:
        """Return what stands in the token for a raw nonce."""
        return hashlib.sha256(raw.encode()).hexdigest() if self.name == "apple" else raw

    def token(self, email: str | None = "ada@gmail.com", **changes: Any) -> str:
        """Return a token of somebody this provider has just signed in."""
        return self.server.sign(self.claims(email, **changes), "k1")

    def sign_in(self, email: str | None = "ada@gmail.com", **changes: Any) -> dict[str, str]:
        """Return the body our app would send."""
        return {"id_token": self.token(email, **changes), "nonce": NONCE}


def configured(context: Context, server: KeyServer, **changes: Any) -> Context:
    """Return the context of a deployment whose apps sign in with both providers."""
    settings = structs.replace(
        context.settings,
        apple_audiences=(AUDIENCE,),
        google_audiences=(AUDIENCE,),
        apple_keys_url=server.url,
        google_keys_url=server.url,
        **changes,
    )
    return structs.replace(context, settings=settings)
