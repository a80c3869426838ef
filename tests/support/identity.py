"""Credentials and contexts on a test's own database."""

from datetime import timedelta
from typing import Any

from msgspec import structs

from shared.api import Context
from shared.auth.access_tokens import AccessClaims, AccessTokens
from shared.auth.beta_tokens import hash_beta_token, mint_beta_token
from shared.clock import utc_now
from shared.config import Settings
from shared.db import Database, TenantEntry
from shared.ids import new_id

SECRET = bytes(range(32))


def settings_for(database_url: str, **changes: Any) -> Settings:
    """Return settings in token mode for a database, without pace; the names of `Settings` override."""
    return structs.replace(Settings(database_url=database_url, secret=SECRET, registration_ms=0), **changes)


def context_for(database_url: str, **changes: Any) -> Context:
    """Return what a service works with; close its `database` at the end."""
    return Context.of(settings_for(database_url, **changes))


def add_beta_token(database: Database, person: TenantEntry, *, requests_per_minute: int = 100_000) -> str:
    """Store a beta token for a tenant's user and return it."""
    if person.tenant_id is None:
        raise ValueError("a beta token belongs to a tenant")
    token = mint_beta_token(person.tenant_id, 2026)
    with database.unit(person) as unit:
        unit.run(
            """INSERT INTO beta_tokens (tenant_id, id, user_id, token_hash, label, requests_per_minute)
               VALUES (%(tenant_id)s, %(id)s, %(user_id)s, %(hash)s, 'test', %(rate)s)""",
            id=new_id(),
            user_id=person.user_id,
            hash=hash_beta_token(token, SECRET),
            rate=requests_per_minute,
        )
    return token


def add_auth_session(database: Database, person: TenantEntry, *, lasts: timedelta = timedelta(days=30)) -> str:
    """Sign a tenant's user in and return the auth session's id."""
    session_id = new_id()
    with database.unit(person) as unit:
        unit.run(
            """INSERT INTO auth_sessions (tenant_id, id, user_id, expires_at)
               VALUES (%(tenant_id)s, %(id)s, %(user_id)s, %(expires_at)s)""",
            id=session_id,
            user_id=person.user_id,
            expires_at=utc_now() + lasts,
        )
    return session_id


def add_access_token(database: Database, person: TenantEntry) -> str:
    """Sign a tenant's user in and return an access token of that sign-in."""
    session_id = add_auth_session(database, person)
    claims = AccessClaims(str(person.user_id), str(person.tenant_id), session_id)
    return AccessTokens(SECRET, lifetime_s=900).issue(claims)
