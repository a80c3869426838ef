"""A tenant goes with everything it has, and takes nothing of anybody else's."""

from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest
from obstore.store import LocalStore

from shared.api import Context
from shared.db import PUBLIC_TENANT, Database, TenantEntry
from shared.errors import Conflict, Forbidden, NotFound, Unavailable
from shared.ids import new_id
from shared.repositories.administration import AdministrationRepository
from shared.repositories.tenant_removal import Removal, RemovalDutyRepository, TenantRemovalRepository
from shared.repositories.tenants import TenantRepository
from shared.storage.objects import Objects, open_objects
from shared.tenant_removal import Clearance
from tests.conftest import ALPHA, ALPHA_TENANT, ALPHA_USER, BETA, BETA_TENANT, BETA_USER
from tests.support.identity import add_access_token, add_auth_session, add_beta_token
from tests.support.machine import at_the_machine
from tests.support.people import add_person
from tests.support.walk import give_everything

TENANT_TABLES = """SELECT c.relname
                   FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'tenant_id'
                   WHERE c.relkind = 'r' AND c.relnamespace = 'public'::regnamespace"""


# Removes a tenant, has its objects removed in both rounds, and returns what was stored of that.
Remove = Callable[[str, Objects], Removal]


@pytest.fixture
def store(tmp_path: Path) -> Objects:
    return open_objects(tmp_path.as_uri())


def ask(database_url: str, tenant_id: str) -> str:
    """Remove a tenant's rows and return the id of the removal."""
    removal_id = new_id()
    with at_the_machine(database_url, tenant_id) as unit:
        TenantRemovalRepository(unit).remove(removal_id)
    return removal_id


def status(database_url: str, removal_id: str) -> Removal:
    with at_the_machine(database_url, PUBLIC_TENANT) as unit:
        found = TenantRemovalRepository(unit).get(removal_id)
    return found.result


@pytest.fixture
def remove(database_url: str, database: Database) -> Remove:
    def both_rounds(tenant_id: str, store: Objects) -> Removal:
        removal_id = ask(database_url, tenant_id)
        clearance = Clearance(database, store, last_round_s=0)
        clearance.clear_due()
        clearance.clear_due()
        return status(database_url, removal_id)

    return both_rounds


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
    with at_the_machine(context.settings.database_url, ALPHA_TENANT) as unit:
        AdministrationRepository(unit).set_limits(account_per_minute=5, tenant_per_minute=None)


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
    assert {table: count for table, count in done.rows_removed.items() if table != "audit_log"} == {
        table: count for table, count in before.items() if table != "audit_log"
    }
    folder = f"tenants/{ALPHA_TENANT}"
    assert (done.tenant, done.tenants, done.moved_accounts) == (ALPHA_TENANT, [ALPHA_TENANT], 0)
    assert (done.objects_removed, done.objects_remaining, done.left) == ({folder: 3}, {folder: 0}, [])
    assert done.done_at is not None
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
        # Without the notes of those who look at the removal afterwards.
        rows = connection.execute("SELECT action, audit_log::text FROM audit_log WHERE action <> 'test'").fetchall()
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
    assert (done.rows_removed["tenants"], sum(done.objects_removed.values()), done.left) == (3, 2, [])
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


def test_what_cannot_be_removed(database: Database, database_url: str) -> None:
    with pytest.raises(NotFound):
        ask(database_url, new_id())
    with pytest.raises(Conflict, match="shared content"):
        ask(database_url, PUBLIC_TENANT)
    for entry in (ALPHA, BETA):
        with pytest.raises(Forbidden), database.unit(entry) as unit:
            TenantRemovalRepository(unit).remove(new_id())
    assert counts(database_url, ALPHA_TENANT)["users"] == 1
    with psycopg.connect(database_url) as connection:
        assert connection.execute("SELECT count(*) FROM removal_duties").fetchone() == (0,)


class Broken(Objects):
    """A store that does not answer."""

    def delete(self, key: str) -> None:
        raise Unavailable(f"no answer about {key}")


def test_a_store_that_does_not_answer_leaves_the_objects_to_another_round(
    database: Database, database_url: str, store: Objects, tmp_path: Path
) -> None:
    store.put(f"tenants/{ALPHA_TENANT}/speech/a.pcm", b"1")
    removal_id = ask(database_url, ALPHA_TENANT)
    with pytest.raises(Unavailable):
        Clearance(database, Broken(LocalStore(tmp_path))).clear_due()
    assert status(database_url, removal_id).objects_remaining is None
    # It was taken for a while; whoever died over it would not come back.
    assert Clearance(database, store).clear_due() == 0
    with psycopg.connect(database_url) as connection:
        connection.execute("UPDATE removal_duties SET due_at = now()")
    assert Clearance(database, store).clear_due() == 1
    assert list(store.keys("")) == []


def test_what_a_session_under_way_stores_late_goes_in_the_last_round(
    database: Database, database_url: str, store: Objects
) -> None:
    removal_id = ask(database_url, ALPHA_TENANT)
    gone: list[str] = []
    clearance = Clearance(database, store, forget=gone.extend)
    assert clearance.clear_due() == 0
    store.put(f"tenants/{ALPHA_TENANT}/speech/late.pcm", b"1")
    assert clearance.clear_due() == 0
    first = status(database_url, removal_id)
    assert (first.left, first.done_at) == ([], None)
    with psycopg.connect(database_url) as connection:
        connection.execute("UPDATE removal_duties SET due_at = now()")
    assert clearance.clear_due() == 1
    assert status(database_url, removal_id).done_at is not None
    assert list(store.keys("")) == []
    # Whoever holds copies of what is gone is told, so that they go too.
    assert gone == [f"tenants/{ALPHA_TENANT}/speech/late.pcm"]


def test_objects_that_are_left_keep_the_duty_open(database: Database, database_url: str) -> None:
    removal_id = ask(database_url, ALPHA_TENANT)
    folder = f"tenants/{ALPHA_TENANT}"
    for removed, left in ((2, 1), (1, 0)):
        with database.unit(TenantEntry(None)) as unit:
            due = RemovalDutyRepository(unit).take(most=1, lease_s=60)
        with database.unit(TenantEntry(None)) as unit:
            RemovalDutyRepository(unit).settle(due.result[0], {folder: removed}, {folder: left}, again_s=60)
        found = status(database_url, removal_id)
        assert (found.left, found.done_at) == ([folder] * left, None)
    assert found.objects_removed == {folder: 3}
    with database.unit(TenantEntry(None)) as unit:
        due = RemovalDutyRepository(unit).take(most=1, lease_s=60)
    assert due.result == []
