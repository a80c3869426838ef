"""The drill: back up, empty database, restore; rows and checksums are the same, or nothing has happened."""

import hashlib
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
import psycopg
import pytest

from shared.api import Context, Service
from shared.db import Database
from shared.db.backup import back_up
from shared.db.restore import restore
from shared.db.runner import MIGRATIONS, migrate
from shared.domain.backup import MANIFEST, Manifest, read_manifest
from shared.errors import AppError, Conflict, Forbidden, InvalidInput, NotFound
from shared.ids import new_id
from shared.storage.backups import StoredBackup
from shared.storage.objects import open_objects
from tests.conftest import ALPHA, BETA, with_database
from tests.support.api import ApiClient
from tests.support.identity import add_access_token, add_beta_token, context_for
from tests.support.owner import owned_database
from tests.support.services import all_routes
from tests.support.walk import MARK, give_everything


@pytest.fixture
def learner(context: Context, database: Database) -> str:
    """The token of a learner who has one of everything."""
    add_access_token(database, BETA)
    token = add_beta_token(database, ALPHA)
    give_everything(context, ALPHA, token)
    return token


@pytest.fixture
def place() -> StoredBackup:
    return StoredBackup(open_objects("memory://"), "20261130T093000Z")


@pytest.fixture
def empty_url(postgres_url: str) -> Iterator[str]:
    """The superuser's URL of a database with nothing in it."""
    name = f"empty_{new_id().replace('-', '')}"
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"'.encode())
    yield with_database(postgres_url, name)
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)'.encode())


def contents(manifest: Manifest) -> dict[str, tuple[int, str]]:
    return {table.name: (table.rows, table.sha256) for table in manifest.tables}


def tables_of(url: str) -> int:
    with psycopg.connect(url) as connection:
        row = connection.execute("SELECT count(*) FROM pg_class WHERE relnamespace = 'public'::regnamespace").fetchone()
    assert row is not None
    return int(row[0])


def test_what_was_backed_up_is_restored_row_by_row(
    database_url: str, empty_url: str, learner: str, place: StoredBackup
) -> None:
    with psycopg.connect(database_url) as connection:
        # More than fits into one part, packed.
        connection.execute(
            """INSERT INTO turns (tenant_id, session_id, sequence, id, turn_id, role, content)
               SELECT t.tenant_id, t.session_id, 100 + n, gen_random_uuid(), 'long' || n, 'user',
                      (SELECT string_agg(md5((n * 1000000 + m)::text), '') FROM generate_series(1, 30000) AS m)
               FROM (SELECT tenant_id, session_id FROM turns LIMIT 1) t CROSS JOIN generate_series(1, 10) AS n"""
        )
    made = back_up(database_url, place)
    assert [len(table.parts) > 1 for table in made.tables if table.name == "turns"] == [True]
    filled = {name for name, (rows, _) in contents(made).items() if rows}
    assert {"tenants", "users", "turns", "questions", "curricula", "list_items", "price_book"} <= filled
    assert restore(empty_url, place) == made
    again = back_up(empty_url, StoredBackup(open_objects("memory://"), "20261130T093001Z"))
    assert contents(again) == contents(made)
    assert again.sequences == made.sequences
    assert any(made.sequences.values())
    assert migrate(empty_url) == []
    restored = context_for(empty_url)
    packs = ApiClient(Service(all_routes()["kb"], restored), learner).get("/api/kb/packs")
    restored.database.close()
    assert packs.status == 200
    assert MARK in str(packs.body)


def test_triggers_and_security_are_back_afterwards(
    database_url: str, empty_url: str, learner: str, place: StoredBackup
) -> None:
    assert learner
    back_up(database_url, place)
    restore(empty_url, place)
    state = """SELECT c.relname, c.relrowsecurity, c.relforcerowsecurity,
                      (SELECT array_agg((t.tgname, t.tgenabled)::text ORDER BY t.tgname) FROM pg_trigger t
                       WHERE t.tgrelid = c.oid AND NOT t.tgisinternal)
               FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r' ORDER BY 1"""
    with psycopg.connect(database_url) as source, psycopg.connect(empty_url) as target:
        assert target.execute(state).fetchall() == source.execute(state).fetchall()


def test_an_owner_without_a_superusers_rights_backs_up_and_restores(
    postgres_url: str, database_url: str, learner: str, place: StoredBackup
) -> None:
    assert learner
    made = back_up(database_url, place)
    with owned_database(postgres_url) as owner_url:
        restore(owner_url, place)
        again = back_up(owner_url, StoredBackup(open_objects("memory://"), "20261130T093001Z"))
        assert contents(again) == contents(made)
        restore(owner_url, place, force=True)
        with psycopg.connect(owner_url) as connection:
            assert connection.execute("SELECT count(*) FROM turns").fetchone() == (0,)


def test_the_application_gains_nothing_from_the_backups_setting(database: Database, learner: str) -> None:
    assert learner
    with database.unit(BETA) as unit:
        unit.run("SELECT set_config('app.backup', 'on', true)")
        turns = unit.value(int, "SELECT count(*) FROM turns")
    assert turns.result == 0


def test_a_login_that_does_not_see_every_row_is_refused(database_url: str, place: StoredBackup) -> None:
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute("ALTER ROLE unamentis_app LOGIN PASSWORD 'app'")
    app_url = f"postgresql://unamentis_app:app@{database_url.partition('@')[2]}"
    with pytest.raises(Forbidden, match="does not see every row"):
        back_up(app_url, place)
    with pytest.raises(NotFound):
        place.get(MANIFEST)


def test_an_empty_database_is_nothing_to_back_up(empty_url: str, place: StoredBackup) -> None:
    with pytest.raises(Conflict, match="never migrated"):
        back_up(empty_url, place)


def test_a_database_in_use_is_replaced_only_when_forced(database_url: str, place: StoredBackup, learner: str) -> None:
    made = back_up(database_url, place)
    with psycopg.connect(database_url) as connection:
        connection.execute("CREATE TABLE of_somebody_else (id int)")
        connection.execute("DELETE FROM beta_tokens")
    with pytest.raises(Conflict, match="not empty"):
        restore(database_url, place)
    restore(database_url, place, force=True)
    assert contents(back_up(database_url, StoredBackup(open_objects("memory://"), "20261130T093001Z"))) == contents(
        made
    )
    restored = context_for(database_url)
    assert ApiClient(Service(all_routes()["auth"], restored), learner).get("/api/auth/me").status == 200
    restored.database.close()


def _first_part(manifest: Manifest, table: str) -> str:
    return next(copy.parts[0].name for copy in manifest.tables if copy.name == table)


def _swap(place: StoredBackup, made: Manifest) -> None:
    place.put(_first_part(made, "users"), place.get(_first_part(made, "tenants")))


def _lie_about_rows(place: StoredBackup, made: Manifest) -> None:
    told = [msgspec.structs.replace(copy, rows=copy.rows + 1) for copy in made.tables]
    place.put(MANIFEST, msgspec.structs.replace(made, tables=tuple(told)).encoded())


def _name_another_column(place: StoredBackup, made: Manifest) -> None:
    first, *others = made.tables
    told = msgspec.structs.replace(first, columns=(*first.columns, "surprise"))
    place.put(MANIFEST, msgspec.structs.replace(made, tables=(told, *others)).encoded())


def _pack_nonsense(place: StoredBackup, made: Manifest) -> None:
    name, nonsense = _first_part(made, "users"), b"no gzip at all"
    place.put(name, nonsense)
    digest = hashlib.sha256(nonsense).hexdigest()
    place.put(MANIFEST, place.get(MANIFEST).replace(_digest_of(made, name).encode(), digest.encode()))


def _digest_of(made: Manifest, part: str) -> str:
    return next(p.sha256 for copy in made.tables for p in copy.parts if p.name == part)


@pytest.mark.parametrize("damage", [_swap, _lie_about_rows, _name_another_column, _pack_nonsense])
def test_a_damaged_backup_changes_nothing(
    database_url: str, empty_url: str, place: StoredBackup, damage: Callable[[StoredBackup, Manifest], None]
) -> None:
    damage(place, back_up(database_url, place))
    with pytest.raises(InvalidInput):
        restore(empty_url, place)
    assert tables_of(empty_url) == 0


def test_a_forced_restore_of_a_damaged_backup_leaves_what_was_there(database_url: str, place: StoredBackup) -> None:
    made = back_up(database_url, place)
    _swap(place, made)
    with pytest.raises(InvalidInput, match="damaged"):
        restore(database_url, place, force=True)
    assert contents(back_up(database_url, place)) == contents(made)


def test_a_missing_part_is_named(database_url: str, empty_url: str) -> None:
    store = open_objects("memory://")
    place = StoredBackup(store, "20261130T093000Z")
    part = _first_part(back_up(database_url, place), "users")
    store.delete(f"backups/20261130T093000Z/{part}")
    with pytest.raises(NotFound, match=part):
        restore(empty_url, place)
    assert tables_of(empty_url) == 0


def test_a_backup_of_a_newer_version_is_refused(
    database_url: str, empty_url: str, place: StoredBackup, tmp_path: Path
) -> None:
    folder = Path(shutil.copytree(MIGRATIONS, tmp_path / "migrations"))
    (folder / "9999_later.sql").write_text("CREATE TABLE later (id int PRIMARY KEY);")
    migrate(database_url, folder=folder)
    back_up(database_url, place)
    with pytest.raises(Conflict, match="migration 9999"):
        restore(empty_url, place)


def test_an_older_backup_is_restored_and_then_migrated(
    database_url: str, empty_url: str, place: StoredBackup, tmp_path: Path
) -> None:
    back_up(database_url, place)
    folder = Path(shutil.copytree(MIGRATIONS, tmp_path / "migrations"))
    (folder / "9999_later.sql").write_text("CREATE TABLE later (id int PRIMARY KEY);")
    restore(empty_url, place, folder=folder)
    assert migrate(empty_url, folder=folder) == [9999]


@pytest.mark.parametrize("text", [b"", b"{}", b"\xff", b'{"format": 2}'])
def test_a_manifest_that_is_none(text: bytes) -> None:
    with pytest.raises(InvalidInput):
        read_manifest(text)


def test_rows_and_nothing_else_are_what_the_setting_opens(database_url: str) -> None:
    """No table of a tenant is forgotten by a backup, also those made by later migrations."""
    with psycopg.connect(database_url) as connection:
        rows = connection.execute(
            """SELECT c.relname FROM pg_class c
               WHERE c.relforcerowsecurity AND c.relpersistence = 'p' AND NOT EXISTS (
                   SELECT FROM pg_policy p WHERE p.polrelid = c.oid AND p.polname = 'backup' AND p.polcmd = 'r')"""
        ).fetchall()
    assert rows == []


def test_errors_are_told_to_the_caller() -> None:
    with pytest.raises(AppError):
        back_up("postgresql://nobody@127.0.0.1:1/none", StoredBackup(open_objects("memory://"), "20261130T093000Z"))
