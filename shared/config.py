"""Settings of the API, read once where a process starts; below that, values are passed."""

import base64
import ipaddress
from collections.abc import Mapping
from typing import Literal, cast

import msgspec

from shared.auth.origin import Network, OriginLock
from shared.errors import InvalidInput

MIN_SECRET_BYTES = 32
APPLE_KEYS_URL = "https://appleid.apple.com/auth/keys"
GOOGLE_KEYS_URL = "https://www.googleapis.com/oauth2/v3/certs"


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """What an operator may turn.

    Attributes:
        database_url: libpq URL (`DATABASE_URL`).
        secret: at least 32 bytes that every key of this deployment is derived from (`UNAMENTIS_SECRET`, base64).
        auth_mode: "token" asks every caller for one; "open" lets tokenless requests of a trusted network act as the
            default learner (`UNAMENTIS_AUTH_MODE`).
        open_tenant, open_user: that learner (`UNAMENTIS_OPEN_TENANT`, `UNAMENTIS_OPEN_USER`).
        database_pool: connections of this process at most (`UNAMENTIS_DATABASE_POOL`).
        access_token_s: lifetime of an access token in seconds (`UNAMENTIS_ACCESS_TOKEN_S`).
        requests_per_minute, address_requests_per_minute, tenant_requests_per_minute: of one account, from one network
            address, in one tenant (`UNAMENTIS_REQUESTS_PER_MINUTE`, `UNAMENTIS_ADDRESS_REQUESTS_PER_MINUTE`,
            `UNAMENTIS_TENANT_REQUESTS_PER_MINUTE`).
        logins_per_minute, refreshes_per_minute, registrations_per_hour: from one network address
            (`UNAMENTIS_LOGINS_PER_MINUTE`, `UNAMENTIS_REFRESHES_PER_MINUTE`, `UNAMENTIS_REGISTRATIONS_PER_HOUR`).
        registration_ms: answers to registrations come at multiples of this many milliseconds, so that their time tells
            nothing; 0: at once (`UNAMENTIS_REGISTRATION_MS`).
        registration: who may make an account: everybody, holders of a beta token that was not used for it, or nobody
            (`UNAMENTIS_REGISTRATION`).
        access_team, access_audience: Cloudflare Access for administrators: the team's address and the application's
            AUD tag (`UNAMENTIS_ACCESS_TEAM`, `UNAMENTIS_ACCESS_AUDIENCE`).
        apple_audiences, google_audiences: client ids of our apps there; empty: nobody signs in with them
            (`UNAMENTIS_APPLE_AUDIENCES`, `UNAMENTIS_GOOGLE_AUDIENCES`, separated by commas).
        apple_keys_url, google_keys_url: where their key sets are read (`UNAMENTIS_APPLE_KEYS_URL`,
            `UNAMENTIS_GOOGLE_KEYS_URL`).
        objects_url: the object store, for files that are too big for a row and for speech: `file:///folder` or
            `s3://bucket/prefix`; without one, files are kept in the database and core's on its disk
            (`UNAMENTIS_OBJECTS_URL`).
        cors_origins: who may call from a browser; "*" is everybody (`UNAMENTIS_CORS_ORIGINS`, separated by commas).
        origin_lock: what the edge must send, and who may name the client's address (`UNAMENTIS_ORIGIN_SECRETS`,
            `UNAMENTIS_TRUSTED_PROXIES`: values and networks separated by commas).
    """

    database_url: str
    secret: bytes
    registration: Literal["open", "invite", "closed"] = "open"
    access_team: str | None = None
    access_audience: str | None = None
    apple_audiences: tuple[str, ...] = ()
    google_audiences: tuple[str, ...] = ()
    apple_keys_url: str = APPLE_KEYS_URL
    google_keys_url: str = GOOGLE_KEYS_URL
    auth_mode: Literal["token", "open"] = "token"
    open_tenant: str | None = None
    open_user: str | None = None
    database_pool: int = 1
    access_token_s: int = 900
    requests_per_minute: int = 1000
    address_requests_per_minute: int = 10_000
    tenant_requests_per_minute: int = 10_000
    logins_per_minute: int = 5
    refreshes_per_minute: int = 60
    registrations_per_hour: int = 3
    registration_ms: int = 500
    objects_url: str | None = None
    cors_origins: tuple[str, ...] = ("*",)
    origin_lock: OriginLock = msgspec.field(default_factory=OriginLock)


def read_settings(environ: Mapping[str, str]) -> Settings:
    """Return the settings the environment names.

    Raises: InvalidInput: one is missing or malformed; the message names it and what was expected.
    """
    mode = environ.get("UNAMENTIS_AUTH_MODE", "token")
    if mode not in {"token", "open"}:
        raise InvalidInput("UNAMENTIS_AUTH_MODE must be token or open")
    open_tenant, open_user = environ.get("UNAMENTIS_OPEN_TENANT"), environ.get("UNAMENTIS_OPEN_USER")
    if mode == "open" and not (open_tenant and open_user):
        raise InvalidInput("UNAMENTIS_AUTH_MODE=open needs UNAMENTIS_OPEN_TENANT and UNAMENTIS_OPEN_USER")
    registration = environ.get("UNAMENTIS_REGISTRATION", "open")
    if registration not in {"open", "invite", "closed"}:
        raise InvalidInput("UNAMENTIS_REGISTRATION must be open, invite or closed")
    access_team, access_audience = _access(environ)
    return Settings(
        registration=cast("Literal['open', 'invite', 'closed']", registration),
        access_team=access_team,
        access_audience=access_audience,
        apple_audiences=_list(environ, "UNAMENTIS_APPLE_AUDIENCES"),
        google_audiences=_list(environ, "UNAMENTIS_GOOGLE_AUDIENCES"),
        apple_keys_url=_url(environ, "UNAMENTIS_APPLE_KEYS_URL", APPLE_KEYS_URL),
        google_keys_url=_url(environ, "UNAMENTIS_GOOGLE_KEYS_URL", GOOGLE_KEYS_URL),
        database_url=_required(environ, "DATABASE_URL"),
        secret=_secret(_required(environ, "UNAMENTIS_SECRET")),
        auth_mode=cast("Literal['token', 'open']", mode),
        open_tenant=open_tenant,
        open_user=open_user,
        database_pool=_whole(environ, "UNAMENTIS_DATABASE_POOL", 1),
        access_token_s=_whole(environ, "UNAMENTIS_ACCESS_TOKEN_S", 900),
        requests_per_minute=_whole(environ, "UNAMENTIS_REQUESTS_PER_MINUTE", 1000),
        address_requests_per_minute=_whole(environ, "UNAMENTIS_ADDRESS_REQUESTS_PER_MINUTE", 10_000),
        tenant_requests_per_minute=_whole(environ, "UNAMENTIS_TENANT_REQUESTS_PER_MINUTE", 10_000),
        logins_per_minute=_whole(environ, "UNAMENTIS_LOGINS_PER_MINUTE", 5),
        refreshes_per_minute=_whole(environ, "UNAMENTIS_REFRESHES_PER_MINUTE", 60),
        registrations_per_hour=_whole(environ, "UNAMENTIS_REGISTRATIONS_PER_HOUR", 3),
        registration_ms=_whole(environ, "UNAMENTIS_REGISTRATION_MS", 500, least=0),
        objects_url=environ.get("UNAMENTIS_OBJECTS_URL") or None,
        cors_origins=_list(environ, "UNAMENTIS_CORS_ORIGINS", "*"),
        origin_lock=OriginLock(
            secrets=_list(environ, "UNAMENTIS_ORIGIN_SECRETS"),
            proxies=_networks(environ, "UNAMENTIS_TRUSTED_PROXIES"),
        ),
    )


def _access(environ: Mapping[str, str]) -> tuple[str | None, str | None]:
    team = environ.get("UNAMENTIS_ACCESS_TEAM", "").rstrip("/") or None
    audience = environ.get("UNAMENTIS_ACCESS_AUDIENCE") or None
    if team and not team.startswith("https://"):
        raise InvalidInput("UNAMENTIS_ACCESS_TEAM must look like https://school.cloudflareaccess.com")
    if bool(team) != bool(audience):
        raise InvalidInput("UNAMENTIS_ACCESS_TEAM and UNAMENTIS_ACCESS_AUDIENCE must be set together")
    return team, audience


def _list(environ: Mapping[str, str], name: str, default: str = "") -> tuple[str, ...]:
    return tuple(part.strip() for part in environ.get(name, default).split(",") if part.strip())


def _networks(environ: Mapping[str, str], name: str) -> tuple[Network, ...]:
    try:
        return tuple(ipaddress.ip_network(text) for text in _list(environ, name))
    except ValueError:
        raise InvalidInput(f"{name} must be networks such as 10.0.0.0/8, separated by commas") from None


def _url(environ: Mapping[str, str], name: str, default: str) -> str:
    url = environ.get(name) or default
    if not url.startswith(("https://", "http://127.0.0.1:")):
        raise InvalidInput(f"{name} must be an https address, or http on 127.0.0.1")
    return url


def _required(environ: Mapping[str, str], name: str) -> str:
    if not (value := environ.get(name)):
        raise InvalidInput(f"{name} must be set")
    return value


def _secret(text: str) -> bytes:
    try:
        secret = base64.b64decode(text, validate=True)
    except ValueError:  # not base64, or not even ASCII
        secret = b""
    if len(secret) < MIN_SECRET_BYTES:
        raise InvalidInput(f"UNAMENTIS_SECRET must be base64 of at least {MIN_SECRET_BYTES} random bytes")
    return secret


def _whole(environ: Mapping[str, str], name: str, default: int, *, least: int = 1) -> int:
    text = environ.get(name)
    if text is None:
        return default
    if not text.isascii() or not text.isdigit() or int(text) < least:
        raise InvalidInput(f"{name} must be a whole number from {least}")
    return int(text)
