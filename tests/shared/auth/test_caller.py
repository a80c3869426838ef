"""Entering: the credential is checked, the bucket is exact, the request is counted."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from functools import partial
from threading import Barrier

import psycopg
import pytest
from msgspec import structs

from shared.auth.authenticator import Authenticator
from shared.auth.beta_tokens import hash_beta_token
from shared.auth.caller import ORDINARY, Caller, Limit, Rates
from shared.db import Database, TenantEntry
from shared.db.entry import CommandLine
from shared.errors import RateLimited, Unauthenticated
from shared.ids import new_id
from shared.repositories.administration import AdministrationRepository
from tests.conftest import ALPHA, ALPHA_TENANT, ALPHA_USER, BETA, BETA_TENANT
from tests.support.crowd import admitted
from tests.support.identity import SECRET, add_auth_session, add_beta_token, settings_for
from tests.support.people import add_person

TEN = Limit("ten", 10, 3600)


@pytest.fixture
def crowd(database_url: str) -> Iterator[Database]:
    """A pool that lets eight requests in at the same moment."""
    opened = Database(database_url, pool_size=8)
    yield opened
    opened.close()


def beta_caller(token: str) -> Caller:
    return Caller("beta", ALPHA_TENANT, hash_beta_token(token, SECRET))


def session_caller(session_id: str) -> Caller:
    return Caller("session", ALPHA_TENANT, session_id, ALPHA_USER)


def passes(database: Database, caller: Caller, limit: Limit | None, rates: Rates = ORDINARY) -> bool:
    try:
        with database.unit(caller.enter(limit, rates)):
            pass
    except RateLimited:
        return False
    return True


def test_eight_at_once_get_exactly_what_a_bucket_of_ten_holds(crowd: Database) -> None:
    callers = [Caller("public", address="203.0.113.9")] * 40
    barrier = Barrier(8)

    def attempt(number: int) -> bool:
        if number < 8:
            barrier.wait(timeout=30)
        return passes(crowd, callers[number], TEN)

    with ThreadPoolExecutor(8) as threads:
        assert sum(threads.map(attempt, range(40))) == 10


def test_eight_processes_on_one_bucket_of_ten_pass_ten_times(database_url: str, database: Database) -> None:
    caller = beta_caller(add_beta_token(database, ALPHA))
    assert admitted(database_url, caller, TEN, ORDINARY, processes=8, attempts=5) == 10


def state(database_url: str) -> dict[str, int]:
    """Return what is left in each bucket, by kind."""
    with psycopg.connect(database_url) as connection:
        rows = connection.execute("SELECT split_part(key, ':', 1), floor(tokens)::int FROM rate_buckets").fetchall()
    return dict(rows)


@pytest.mark.parametrize(
    ("rates", "token_rate"),
    [
        (Rates(account=2), 1000),
        (Rates(address=2), 1000),
        (Rates(tenant=2), 1000),
        (ORDINARY, 2),
    ],
    ids=["account", "address", "tenant", "token"],
)
def test_a_refusal_by_one_bucket_leaves_the_others_untouched(
    database: Database, database_url: str, rates: Rates, token_rate: int
) -> None:
    caller = structs.replace(
        beta_caller(add_beta_token(database, ALPHA, requests_per_minute=token_rate)), address="203.0.113.9"
    )
    assert [passes(database, caller, None, rates) for _ in range(2)] == [True, True]
    before = state(database_url)
    assert [passes(database, caller, None, rates) for _ in range(5)] == [False] * 5
    assert state(database_url) == before
    with psycopg.connect(database_url) as connection:
        metered = connection.execute("SELECT quantity FROM usage_counters").fetchone()
    assert metered == (2,)


def test_the_answer_tells_of_the_bucket_with_the_least_left(database: Database) -> None:
    caller = beta_caller(add_beta_token(database, ALPHA, requests_per_minute=500))
    for rates, limit in ((ORDINARY, 500), (Rates(account=80), 80), (Rates(tenant=40), 40), (Rates(address=20), 20)):
        with database.unit(caller.enter(None, rates)) as unit:
            pass
        entered = unit.entered.result or {}
        assert (entered["rate_limit"], entered["rate_window"]) == (limit, 60)
        assert 0 < limit - int(str(entered["rate_remaining"])) <= 4


def test_of_two_refusals_the_longer_wait_is_told(database: Database) -> None:
    caller = beta_caller(add_beta_token(database, ALPHA))
    slow = Limit("slow", 1, 3000)
    assert passes(database, caller, slow, Rates(account=1))
    with pytest.raises(RateLimited) as refused, database.unit(caller.enter(slow, Rates(account=1))):
        pass
    assert (refused.value.limit, refused.value.window) == (1, 3000)
    assert 2900 < refused.value.retry_after <= 3000


def test_an_account_an_address_and_a_tenant_are_counted_over_all_credentials(database: Database) -> None:
    token, phone = beta_caller(add_beta_token(database, ALPHA)), session_caller(add_auth_session(database, ALPHA))
    person, stranger = add_person(database, ALPHA_TENANT), add_person(database, BETA_TENANT)
    other, foreign = (
        Caller("session", who.tenant_id, add_auth_session(database, who), who.user_id, address=address)
        for who, address in ((person, "unknown"), (stranger, "203.0.113.9"))
    )
    rates = Rates(account=2, address=3, tenant=4)
    assert [passes(database, caller, None, rates) for caller in (token, phone, token)] == [True, True, False]
    assert [passes(database, other, None, rates) for _ in range(2)] == [True, False]
    moved = structs.replace(other, address="203.0.113.10")
    assert [passes(database, moved, None, rates) for _ in range(2)] == [True, False]
    assert not passes(database, structs.replace(phone, address="203.0.113.11"), None, rates)
    assert passes(database, foreign, None, rates)


@pytest.mark.parametrize(("account", "tenant", "expected"), [(3, None, 3), (None, 2, 2), (None, None, 5), (9, 9, 9)])
def test_a_tenant_may_be_granted_other_limits(
    database: Database, database_url: str, account: int | None, tenant: int | None, expected: int
) -> None:
    caller = session_caller(add_auth_session(database, ALPHA))
    owner = Database(database_url, role=None)
    with owner.unit(CommandLine("tenant limits", ALPHA_TENANT)) as unit:
        AdministrationRepository(unit).set_limits(account_per_minute=account, tenant_per_minute=tenant)
    owner.close()
    assert sum(passes(database, caller, None, Rates(account=5, tenant=5)) for _ in range(12)) == expected


def test_sixteen_callers_with_buckets_in_common_never_wait_for_each_other_in_a_ring(crowd: Database) -> None:
    people = [add_person(crowd, tenant) for tenant in (ALPHA_TENANT, BETA_TENANT) for _ in range(4)]
    callers: list[Caller] = [
        Caller("session", person.tenant_id, add_auth_session(crowd, person), person.user_id, address=address)
        for person in people
        for address in ("203.0.113.9", "203.0.113.10")
    ]
    with ThreadPoolExecutor(8) as threads:
        assert all(threads.map(partial(passes, crowd, limit=Limit("op", 1000)), callers * 20))


def test_a_bucket_refills_evenly_up_to_its_capacity(database: Database, database_url: str) -> None:
    caller = Caller("public", address="203.0.113.9")
    for seconds, expected in ((0, 10), (360, 1), (720, 2), (1_000_000, 10)):
        with psycopg.connect(database_url) as connection:
            connection.execute(
                "UPDATE rate_buckets SET updated_at = updated_at - make_interval(secs => %s)", (seconds,)
            )
        assert sum(passes(database, caller, TEN) for _ in range(12)) == expected


def test_a_refusal_says_when_to_come_back(database: Database) -> None:
    caller = Caller("public", address="203.0.113.9")
    limit = Limit("one", 1, 100)
    assert passes(database, caller, limit)
    with pytest.raises(RateLimited) as refused, database.unit(caller.enter(limit)):
        pass
    assert 99 <= refused.value.retry_after <= 100
    assert (refused.value.limit, refused.value.window) == (1, 100)


def test_a_refused_request_runs_nothing(database: Database) -> None:
    caller = beta_caller(add_beta_token(database, ALPHA))
    limit = Limit("one", 1, 1000)
    assert passes(database, caller, limit)
    with pytest.raises(RateLimited), database.unit(caller.enter(limit)) as unit:
        unit.run("UPDATE tenants SET name = 'Changed' WHERE tenant_id = %(tenant_id)s")
    with database.unit(ALPHA) as unit:
        name = unit.value(str, "SELECT name FROM tenants WHERE tenant_id = %(tenant_id)s")
    assert name.result == "Alpha"


def test_buckets_belong_to_a_token_a_person_or_an_address(database: Database) -> None:
    first, second = (beta_caller(add_beta_token(database, ALPHA)) for _ in range(2))
    laptop, phone = (session_caller(add_auth_session(database, ALPHA)) for _ in range(2))
    here, there = (Caller("open", ALPHA_TENANT, None, ALPHA_USER, address=address) for address in ("a", "b"))
    limit = Limit("one", 1, 1000)
    assert [passes(database, caller, limit) for caller in (first, second)] == [True, True]
    assert [passes(database, caller, limit) for caller in (laptop, phone)] == [True, False]
    assert [passes(database, caller, limit) for caller in (here, there)] == [True, True]
    assert not passes(database, first, limit)


def test_a_beta_tokens_own_rate_is_the_clients_and_no_operations_limit(database: Database) -> None:
    caller = beta_caller(add_beta_token(database, ALPHA, requests_per_minute=2))
    assert sum(passes(database, caller, None) for _ in range(4)) == 2
    caller = beta_caller(add_beta_token(database, ALPHA))
    assert sum(passes(database, caller, Limit("upload", 1, 3600)) for _ in range(3)) == 1


def test_requests_are_metered_and_checks_are_not(database: Database, database_url: str) -> None:
    caller = beta_caller(add_beta_token(database, ALPHA))
    for _ in range(3):
        assert passes(database, caller, TEN)
    with database.unit(caller.check()) as unit:
        user = unit.value(str, "SELECT app_user()::text")
    assert user.result == ALPHA_USER
    with psycopg.connect(database_url) as connection:
        rows = connection.execute("SELECT tenant_id::text, metric, quantity FROM usage_counters").fetchall()
        buckets = connection.execute("SELECT split_part(key, ':', 1), floor(capacity - tokens) FROM rate_buckets")
        taken = dict(buckets.fetchall())
    assert rows == [(ALPHA_TENANT, "requests", 3)]
    assert set(taken) == {"ten", "token", "account", "address", "tenant"}
    assert all(0 < count <= 3 for count in taken.values())


def ends(database: Database, caller: Caller) -> str:
    """Return the code a socket learns when it checks its caller again."""
    with pytest.raises(Unauthenticated) as refused, database.unit(caller.check()):
        pass
    return refused.value.error_code


@pytest.mark.parametrize(
    ("statement", "code"),
    [
        ("UPDATE beta_tokens SET revoked_at = now()", "invalid_token"),
        ("UPDATE beta_tokens SET expires_at = now() - interval '1 second'", "token_expired"),
        ("UPDATE users SET is_active = false", "invalid_token"),
        ("UPDATE users SET is_locked = true", "invalid_token"),
        ("DELETE FROM memberships", "invalid_token"),
    ],
)
def test_a_socket_learns_that_its_beta_token_ended(
    database: Database, database_url: str, statement: str, code: str
) -> None:
    caller = Authenticator(settings_for(database_url)).caller(add_beta_token(database, ALPHA), address="::1")
    with database.unit(caller.check()):
        pass
    with psycopg.connect(database_url) as connection:
        connection.execute(statement.encode())
    assert ends(database, caller) == code


def test_a_socket_learns_that_its_sign_in_ended(database: Database, database_url: str) -> None:
    caller = session_caller(add_auth_session(database, ALPHA))
    with database.unit(caller.check()):
        pass
    with psycopg.connect(database_url) as connection:
        connection.execute("UPDATE auth_sessions SET revoked_at = now()")
    assert ends(database, caller) == "invalid_token"
    over = session_caller(add_auth_session(database, ALPHA, lasts=-timedelta(seconds=1)))
    assert ends(database, over) == "token_expired"


def test_a_credential_is_good_in_its_own_tenant_only(database: Database) -> None:
    token_hash = hash_beta_token(add_beta_token(database, ALPHA), SECRET)
    session_id = add_auth_session(database, ALPHA)
    assert ends(database, Caller("beta", BETA_TENANT, token_hash)) == "invalid_token"
    assert ends(database, Caller("session", BETA_TENANT, session_id, ALPHA_USER)) == "invalid_token"
    assert ends(database, Caller("session", ALPHA_TENANT, session_id, str(BETA.user_id))) == "invalid_token"
    assert ends(database, Caller("open", BETA_TENANT, None, ALPHA_USER)) == "invalid_token"
    assert ends(database, Caller("session", ALPHA_TENANT, new_id(), ALPHA_USER)) == "invalid_token"


def test_a_public_caller_sees_no_rows(database: Database) -> None:
    with database.unit(Caller("public").enter(TEN)) as unit:
        people = unit.value(int, "SELECT count(*) FROM users")
    assert people.result == 0


def test_the_bucket_table_is_out_of_reach(database: Database) -> None:
    with pytest.raises(psycopg.errors.InsufficientPrivilege), database.unit(TenantEntry(ALPHA_TENANT)) as unit:
        unit.run("DELETE FROM rate_buckets")
    with pytest.raises(psycopg.errors.InsufficientPrivilege), database.unit(TenantEntry(ALPHA_TENANT)) as unit:
        unit.run("SELECT take_tokens(ARRAY['x'], ARRAY[1], ARRAY[1])")
