"""The sweep takes what has lapsed and leaves everything else."""

from collections.abc import Callable

import psycopg
import pytest

from shared.db import Database, TenantEntry
from shared.ids import new_id
from shared.repositories.lapsed import LapsedRepository
from tests.conftest import ALPHA, ALPHA_TENANT, ALPHA_USER
from tests.support.identity import add_access_token

Count = Callable[[str], int]
# One row of each kind, as old as the SQL says; then the ages from which it goes, and that at which it stays.
KINDS = {
    "rate_buckets": (
        "INSERT INTO rate_buckets (key, tokens, updated_at, capacity, window_s) VALUES ('k', 0, now() - {age}, 5, 60)",
        "121 seconds",
        "119 seconds",
    ),
    "login_attempts": (
        "INSERT INTO login_attempts (account, source, failures, last_at) VALUES ('a', 's', 1, now() - {age})",
        "25 hours",
        "23 hours",
    ),
    "ws_tickets": (
        """INSERT INTO ws_tickets (tenant_id, ticket_hash, kind, home_id, user_id, expires_at)
           VALUES ('{tenant}', 'h', 'session', '{tenant}', '{user}', now() - {age})""",
        "61 minutes",
        "59 minutes",
    ),
    "realtime_secrets": (
        """INSERT INTO realtime_secrets (tenant_id, secret_hash, kind, home_id, user_id, settings, expires_at)
           VALUES ('{tenant}', 'h', 'session', '{tenant}', '{user}', '{{}}', now() - {age})""",
        "61 minutes",
        "59 minutes",
    ),
    "one_time_tokens": (
        """INSERT INTO one_time_tokens (tenant_id, id, user_id, purpose, token_hash, email, expires_at)
           VALUES ('{tenant}', '{id}', '{user}', 'verify_email', 'h', 'a@b.example', now() - {age})""",
        "25 hours",
        "23 hours",
    ),
    "auth_sessions": (
        """INSERT INTO auth_sessions (tenant_id, id, user_id, expires_at)
           VALUES ('{tenant}', '{id}', '{user}', now() - {age})""",
        "31 days",
        "29 days",
    ),
    "reservations": (
        """INSERT INTO reservations (tenant_id, id, day, reserved, charged, expires_at)
           VALUES ('{tenant}', '{id}', current_date, 1, 1, now() - {age})""",
        "8 days",
        "6 days",
    ),
}


@pytest.fixture
def count(database_url: str) -> Count:
    def rows(table: str) -> int:
        with psycopg.connect(database_url) as connection:
            found = connection.execute(f"SELECT count(*) FROM {table}".encode()).fetchone()  # noqa: S608  our own names
        return found[0] if found else 0

    return rows


def sweep(database: Database, most: int = 100) -> int:
    with database.unit(TenantEntry(None)) as unit:
        swept = LapsedRepository(unit).sweep(most=most)
    return swept.result


@pytest.mark.parametrize("table", KINDS)
def test_what_has_lapsed_goes_and_what_has_not_stays(
    database: Database, database_url: str, count: Count, table: str
) -> None:
    sql, old, young = KINDS[table]
    for age, left in ((old, 0), (young, 1)):
        made = sql.format(age=f"interval '{age}'", tenant=ALPHA_TENANT, user=ALPHA_USER, id=new_id())
        with psycopg.connect(database_url) as connection:
            connection.execute(made.encode())
        assert count(table) == 1
        sweep(database)
        assert count(table) == left


def test_an_unsettled_reservation_is_left_to_its_own_sweep(database: Database, database_url: str, count: Count) -> None:
    with psycopg.connect(database_url) as connection:
        connection.execute(
            """INSERT INTO reservations (tenant_id, id, day, reserved, expires_at)
               VALUES (%s, %s, current_date, 1, now() - interval '1 year')""",
            (ALPHA_TENANT, new_id()),
        )
    sweep(database)
    assert count("reservations") == 1


def test_somebody_who_is_signed_in_stays_so(database: Database, count: Count) -> None:
    add_access_token(database, ALPHA)
    assert sweep(database) == 0
    assert count("auth_sessions") == 1


def test_a_round_takes_so_many_and_leaves_a_row_in_use(database: Database, database_url: str, count: Count) -> None:
    with psycopg.connect(database_url) as connection:
        connection.execute(
            """INSERT INTO rate_buckets (key, tokens, updated_at, capacity, window_s)
               SELECT 'k' || n, 0, now() - interval '1 day', 5, 60 FROM generate_series(1, 5) AS n"""
        )
    with psycopg.connect(database_url) as connection:
        connection.execute("SELECT FROM rate_buckets WHERE key = 'k1' FOR UPDATE")
        assert (sweep(database, 3), sweep(database, 3), sweep(database, 3)) == (3, 1, 0)
    assert count("rate_buckets") == 1
