"""A migrated database with one signed-in learner, for benchmarks."""

import secrets
import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from infra.local.postgres import EmbeddedPostgres
from shared.auth.access_tokens import AccessClaims, AccessTokens
from shared.clock import utc_now
from shared.db import Database, TenantEntry
from shared.db.runner import migrate
from shared.ids import new_id


@dataclass(frozen=True, slots=True)
class Demo:
    """What a benchmark needs to call a service as a signed-in learner."""

    database_url: str
    secret: bytes
    claims: AccessClaims
    token: str
    server: EmbeddedPostgres


@contextmanager
def demo_database(*, durable: bool = False) -> Generator[Demo]:
    """Start an embedded PostgreSQL with a tenant, a learner and an access token good for a day.

    Args:
        durable: it keeps its promises when it is killed.
    """
    with (
        tempfile.TemporaryDirectory(prefix="unamentis-bench-") as folder,
        EmbeddedPostgres(Path(folder) / "pg", durable=durable) as server,
    ):
        migrate(server.url)
        secret = secrets.token_bytes(32)
        claims = AccessClaims(user_id=new_id(), tenant_id=new_id(), session_id=new_id())
        _add_learner(server.url, claims)
        token = AccessTokens(secret, lifetime_s=86_400).issue(claims)
        yield Demo(server.url, secret, claims, token, server)


def _add_learner(url: str, claims: AccessClaims) -> None:
    database = Database(url)
    with database.unit(TenantEntry(claims.tenant_id, claims.user_id)) as unit:
        unit.run("INSERT INTO tenants (tenant_id, kind, name) VALUES (%(tenant_id)s, 'organisation', 'Benchmark')")
        unit.run("INSERT INTO users (tenant_id, id) VALUES (%(tenant_id)s, app_user())")
        unit.run("INSERT INTO memberships (tenant_id, user_id, role) VALUES (%(tenant_id)s, app_user(), 'learner')")
        unit.run(
            """INSERT INTO auth_sessions (tenant_id, id, user_id, expires_at)
               VALUES (%(tenant_id)s, %(id)s, app_user(), %(expires_at)s)""",
            id=claims.session_id,
            expires_at=utc_now() + timedelta(days=1),
        )
    database.close()
