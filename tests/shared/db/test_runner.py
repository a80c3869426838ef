"""Migrations run once, in order, and notice a changed file."""

import shutil
from pathlib import Path

import psycopg
import pytest

from shared.db.runner import MIGRATIONS, migrate, migrations
from shared.errors import Conflict


def test_a_migrated_database_has_nothing_to_do(database_url: str) -> None:
    assert migrate(database_url) == []


def test_every_version_is_there_once() -> None:
    versions = [m.version for m in migrations()]
    assert versions == sorted(set(versions))


def test_a_changed_migration_is_refused(database_url: str, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(MIGRATIONS, tmp_path / "migrations"))
    first = min(folder.glob("*.sql"))
    first.write_text(first.read_text() + "\n-- changed")
    with pytest.raises(Conflict, match="migration 1 was changed"):
        migrate(database_url, folder=folder)


def test_a_failing_migration_leaves_nothing_behind(database_url: str, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(MIGRATIONS, tmp_path / "migrations"))
    (folder / "9999_broken.sql").write_text("CREATE TABLE half (id int); SELECT nonsense();")
    with pytest.raises(psycopg.errors.UndefinedFunction):
        migrate(database_url, folder=folder)
    with psycopg.connect(database_url) as connection:
        assert connection.execute("SELECT to_regclass('half')").fetchone() == (None,)


def test_every_table_with_a_tenant_is_protected(database_url: str) -> None:
    with psycopg.connect(database_url) as connection:
        rows = connection.execute(
            """SELECT c.relname, c.relrowsecurity AND c.relforcerowsecurity,
                      EXISTS (SELECT FROM pg_policy p WHERE p.polrelid = c.oid)
               FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'tenant_id'
               WHERE c.relkind = 'r' AND c.relnamespace = 'public'::regnamespace"""
        ).fetchall()
    assert len(rows) >= 6
    assert [name for name, forced, has_policy in rows if not (forced and has_policy)] == []


def test_tables_without_a_tenant_are_on_the_list(database_url: str) -> None:
    with psycopg.connect(database_url) as connection:
        rows = connection.execute(
            """SELECT c.relname FROM pg_class c
               WHERE c.relkind = 'r' AND c.relnamespace = 'public'::regnamespace AND NOT EXISTS (
                   SELECT FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attname = 'tenant_id')"""
        ).fetchall()
    known = {
        "rate_buckets",
        "login_attempts",
        "schema_migrations",
        "price_book",
        "deployment_budgets",
        "deployment_spending",
        "mail_outbox",
        "admins",
        "admin_sessions",
        "admin_work",
        "processes",
        "process_history",
        "removal_duties",
        "storage_days",
        "spent_id_tokens",
        "job_workers",
        "speech_claims",
        "idle_modes",
        "idle_choice",
        "queue_messages",
        "schedules",
    }
    assert {name for (name,) in rows} <= known
