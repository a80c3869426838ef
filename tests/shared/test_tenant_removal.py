"""A tenant goes with everything it has, and takes nothing of anybody else's."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

import psycopg
import pytest
from obstore.store import LocalStore

from shared.api import Context
from shared.db import PUBLIC_TENANT, Database, TenantEntry
from shared.errors import Conflict, Forbidden, NotFound, Unavailable
from shared.ids import new_id
from shared.repositories.tenants import TenantRepository
from shared.storage.objects import Objects, open_objects
from shared.tenant_removal import Removal, remove_tenant
from tests.conftest import ALPHA, ALPHA_TENANT, ALPHA_USER, BETA, BETA_TENANT, BETA_USER
from tests.support.identity import add_access_token, add_auth_session, add_beta_token
from tests.support.machine import at_the_machine
from tests.support.people import add_person
from tests.support.walk import give_everything

TENANT_TABLES = """SELECT c.relname
                   FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'tenant_id'
                   WHERE c.relkind = 'r' AND c.relnamespace = 'public'::regnamespace"""


Remove = Callable[[str, Objects], Removal]


@pytest.fixture
def store(tmp_path: Path) -> Objects:
    return open_objects(tmp_path.as_uri())


@pytest.fixture
def remove(database_url: str) -> Remove:
    return lambda tenant_id, store: remove_tenant(partial(at_the_machine, database_url, tenant_id), store)


def counts(database_url: str, tenant_id: str) -> dict[str, int]:
    """Return how many rows of a tenant each table has, where it has any."""
    found: dict[str, int] = {}
    with psycopg.connect(database_url) as connection:
        for (table,) in connection.execute(TENANT_TABLES).fetchall():
            row = connection.execute(
                f'SELECT count(*) FROM "{table}" WHERE tenant_id = %s'.encode(),  # noqa: S608  from the catalogue
                (tenant_id,),
            ).fetchone()
            found[table] = row[0] if row else 0
    return {table: count for table, count in found.items() if count}


def fill(context: Context, database: Database) -> None:
    """Give ALPHA one of everything."""
    token = add_beta_token(database, ALPHA)
    give_everything(context, ALPHA, token)
    add_access_token(database, ALPHA)
    with database.unit(ALPHA) as unit:
        TenantRepository(unit).limit(account_per_minute=5, tenant_per_minute=None)


def test_nothing_of_a_tenant_is_left(
    context: Context, database: Database, database_url: str, remove: Remove, store: Objects
) -> None:
    fill(context, database)
    for name in ("speech/a.pcm", "speech/b.pcm", "x"):
        store.put(f"tenants/{ALPHA_TENANT}/{name}", b"1")
        store.put(f"tenants/{BETA_TENANT}/{name}", b"1")
    before, others = counts(database_url, ALPHA_TENANT), counts(database_url, BETA_TENANT)
    assert len(before) >= 15
    done = remove(ALPHA_TENANT, store)
    # What the command line noted of its own deed, it removed too.
    assert {table: count for table, count in done.rows.items() if table != "audit_log"} == {
        table: count for table, count in before.items() if table != "audit_log"
    }
    assert (done.tenants, done.objects, done.moved_accounts) == ([ALPHA_TENANT], 3, 0)
    assert done.is_complete
    assert counts(database_url, ALPHA_TENANT) == {}
    assert counts(database_url, BETA_TENANT) == others
    assert len(list(store.keys(""))) == 3
    with psycopg.connect(database_url) as connection:
        buckets = [key for (key,) in connection.execute("SELECT key FROM rate_buckets").fetchall()]
    assert [key for key in buckets if ALPHA_TENANT in key or ALPHA_USER in key or key.startswith("token:")] == []


def test_what_stays_in_the_deployments_log_names_the_tenant_and_nobody(
    context: Context, database: Database, database_url: str, remove: Remove, store: Objects
) -> None:
    fill(context, database)
    remove(ALPHA_TENANT, store)
    with psycopg.connect(database_url) as connection:
        rows = connection.execute("SELECT action, audit_log::text FROM audit_log ORDER BY at").fetchall()
    assert [action for action, _ in rows] == ["tenants.delete"]
    assert "@" not in rows[0][1]
    assert ALPHA_USER not in rows[0][1]


def test_every_table_of_tenants_follows_them(database_url: str) -> None:
    with psycopg.connect(database_url) as connection:
        tables = {table for (table,) in connection.execute(TENANT_TABLES).fetchall()} - {"tenants"}
        following = connection.execute(
            """SELECT conrelid::regclass::text FROM pg_constraint
               WHERE contype = 'f' AND confrelid = 'tenants'::regclass AND confdeltype = 'c'"""
        ).fetchall()
    assert tables - {table for (table,) in following} == set()


def test_an_organisation_goes_with_its_teams(
    database: Database, database_url: str, remove: Remove, store: Objects
) -> None:
    teams = sorted(new_id() for _ in range(2))
    for team in teams:
        with database.unit(TenantEntry(team)) as unit:
            TenantRepository(unit).found("team", "Team", parent_id=ALPHA_TENANT)
            TenantRepository(unit).enrol(BETA_USER, "learner")
        store.put(f"tenants/{team}/speech/a.pcm", b"1")
    done = remove(ALPHA_TENANT, store)
    assert done.tenants == [*teams, ALPHA_TENANT]
    assert (done.rows["tenants"], done.objects, done.is_complete) == (3, 2, True)
    assert counts(database_url, BETA_TENANT)["users"] == 1


def test_a_team_goes_alone(database: Database, database_url: str, remove: Remove, store: Objects) -> None:
    team = new_id()
    with database.unit(TenantEntry(team)) as unit:
        TenantRepository(unit).found("team", "Team", parent_id=ALPHA_TENANT)
    assert remove(team, store).tenants == [team]
    assert counts(database_url, ALPHA_TENANT)["users"] == 1


def test_people_who_belong_elsewhere_too_go_on_there(
    database: Database, database_url: str, remove: Remove, store: Objects
) -> None:
    stays = add_person(database, ALPHA_TENANT)
    with database.unit(TenantEntry(BETA_TENANT)) as unit:
        TenantRepository(unit).enrol(str(stays.user_id), "teacher")
    add_auth_session(database, stays)
    assert remove(ALPHA_TENANT, store).moved_accounts == 1
    with psycopg.connect(database_url) as connection:
        homes = connection.execute("SELECT id::text, tenant_id::text FROM users").fetchall()
        sessions = connection.execute("SELECT count(*) FROM auth_sessions").fetchone()
    assert dict(homes) == {BETA_USER: BETA_TENANT, str(stays.user_id): BETA_TENANT}
    assert sessions == (0,)


def test_what_cannot_be_removed(remove: Remove, database: Database, database_url: str, store: Objects) -> None:
    with pytest.raises(NotFound):
        remove(new_id(), store)
    with pytest.raises(Conflict, match="shared content"):
        remove(PUBLIC_TENANT, store)
    for entry in (ALPHA, BETA):
        with pytest.raises(Forbidden):
            remove_tenant(partial(database.unit, entry), store)
    assert counts(database_url, ALPHA_TENANT)["users"] == 1


class Broken(Objects):
    """A store that does not answer."""

    def delete(self, key: str) -> None:
        raise Unavailable(f"no answer about {key}")


def test_a_store_that_does_not_answer_leaves_the_tenant_to_another_attempt(
    database_url: str, remove: Remove, store: Objects, tmp_path: Path
) -> None:
    store.put(f"tenants/{ALPHA_TENANT}/speech/a.pcm", b"1")
    with pytest.raises(Unavailable):
        remove(ALPHA_TENANT, Broken(LocalStore(tmp_path)))
    assert counts(database_url, ALPHA_TENANT)["users"] == 1
    assert remove(ALPHA_TENANT, store).is_complete
