"""Bodies of signing in with Apple or Google, and of the identities an account has there."""

from typing import Annotated, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

from auth_api.account_models import Password
from auth_api.models import Device, Text
from shared.clock import iso
from shared.repositories.identities import LinkedIdentity

IdToken = Annotated[str, Meta(max_length=8192)]


class IdTokenSignIn(Struct, frozen=True, kw_only=True):
    """An ID token the provider made for our app, and the raw nonce the app made for it.

    The provider was given the nonce itself (Google) or its SHA-256 in hex (Apple). `name` and `display_name` are for a
    new account: Apple tells the app the name the first time only, and never us.
    """

    id_token: IdToken | None = None
    nonce: Text | None = None
    name: Text | None = None
    display_name: Text | None = None
    device: Device | None = None
    device_name: Text | None = None


class NewIdentity(Struct, frozen=True, kw_only=True):
    """An identity to link: as above, and the password, unless the caller has just signed in."""

    provider: Literal["apple", "google"] | None = None
    id_token: IdToken | None = None
    nonce: Text | None = None
    password: Password | None = None


class IdentityItem(Struct, frozen=True, kw_only=True):
    """An identity that signs the caller in."""

    id: str
    provider: str
    email: str | UnsetType = UNSET
    created_at: str
    last_used_at: str

    @classmethod
    def of(cls, identity: LinkedIdentity) -> "IdentityItem":
        """Return an identity as the wire has it."""
        return cls(
            id=identity.id,
            provider=identity.provider,
            email=identity.email or UNSET,
            created_at=iso(identity.created_at),
            last_used_at=iso(identity.last_used_at),
        )


class Identities(Struct, frozen=True):
    """Whatever signs the caller in beside the password."""

    identities: list[IdentityItem]
