from pathlib import Path

import psycopg

from infra.local.seed import (
    DEMO_SCHOOL,
    DEMO_TENANT,
    LEARNER,
    TEACHER,
    seed_school,
    standing_token,
)
from shared.auth.beta_tokens import tenant_of_beta_token
from shared.db import Database, TenantEntry

SECRET = b"s" * 32
TABLES = ("tenants", "users", "memberships", "beta_tokens")


def rows(url: str) -> dict[str, list[str]]:
    """Every row of the seeded tables, times included."""
    with psycopg.connect(url) as connection:
        return {
            table: sorted(row[0] for row in connection.execute(f"SELECT t::text FROM {table} t".encode()))  # noqa: S608 - names of ours
            for table in TABLES
        }


def test_seeding_twice_changes_nothing(database: Database, database_url: str, tmp_path: Path) -> None:
    def seed() -> str:
        seed_school(database)
        return standing_token(database, LEARNER, secret=SECRET, file=tmp_path / "token")

    token = seed()
    before = rows(database_url)
    assert seed() == token
    assert rows(database_url) == before


def test_what_a_school_changed_stays(database: Database) -> None:
    seed_school(database)
    with database.unit(DEMO_SCHOOL) as unit:
        unit.run("UPDATE users SET display_name = 'Ada' WHERE tenant_id = %(tenant_id)s AND id = %(id)s", id=LEARNER.id)
    seed_school(database)
    with database.unit(DEMO_SCHOOL) as unit:
        name = unit.value(str, "SELECT display_name FROM users WHERE id = %(id)s", id=LEARNER.id)
    assert name.result == "Ada"


def test_a_token_belongs_to_the_demo_school_and_is_private(database: Database, tmp_path: Path) -> None:
    seed_school(database)
    token = standing_token(database, TEACHER, secret=SECRET, file=tmp_path / "token")
    assert tenant_of_beta_token(token) == DEMO_TENANT
    assert (tmp_path / "token").stat().st_mode & 0o077 == 0


def test_a_revoked_or_foreign_token_is_replaced(database: Database, tmp_path: Path) -> None:
    seed_school(database)
    file = tmp_path / "token"
    first = standing_token(database, LEARNER, secret=SECRET, file=file)
    with database.unit(TenantEntry(DEMO_TENANT)) as unit:
        unit.run("UPDATE beta_tokens SET revoked_at = now() WHERE tenant_id = %(tenant_id)s")
    second = standing_token(database, LEARNER, secret=SECRET, file=file)
    third = standing_token(database, LEARNER, secret=b"another" * 8, file=file)
    assert len({first, second, third}) == 3
    assert file.read_text() == third
