"""Sign-ins and the rotation of their refresh tokens."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest

from shared.auth.refresh_tokens import RefreshToken
from shared.db import Database
from shared.ids import new_id
from shared.repositories.auth_sessions import AuthSessionRepository, Rotation
from shared.repositories.devices import DeviceFacts, DeviceRepository
from tests.conftest import ALPHA, ALPHA_TENANT, ALPHA_USER, BETA
from tests.support.identity import SECRET


@pytest.fixture
def crowd(database_url: str) -> Iterator[Database]:
    opened = Database(database_url, pool_size=8)
    yield opened
    opened.close()


def open_session(database: Database) -> RefreshToken:
    token = RefreshToken.first(ALPHA_TENANT, new_id())
    with database.unit(ALPHA) as unit:
        DeviceRepository(unit).seen(new_id(), DeviceFacts("f", "Laptop", "web"))
        opened = AuthSessionRepository(unit).open(
            token.auth_session_id,
            token_hash=token.hash(SECRET),
            lifetime_s=1000,
            fingerprint="f",
            address="203.0.113.7",
            user_agent="test",
        )
    assert opened.result.device_id
    return token


def rotate(database: Database, token: RefreshToken) -> Rotation:
    with database.unit(ALPHA) as unit:
        rotation = AuthSessionRepository(unit).rotate(
            token.auth_session_id,
            token_hash=token.hash(SECRET),
            successors=[successor.hash(SECRET) for successor in token.successors(SECRET)],
            lifetime_s=1000,
            grace_s=10,
            address="203.0.113.7",
            audit_id=new_id(),
            request_id="r",
        )
    return rotation.result


def live_tokens(database_url: str) -> int:
    with psycopg.connect(database_url) as connection:
        row = connection.execute("SELECT count(*) FROM refresh_tokens WHERE rotated_at IS NULL").fetchone()
    assert row is not None
    return row[0]


def test_a_rotation_leaves_one_live_token(database: Database, database_url: str) -> None:
    token = open_session(database)
    assert rotate(database, token) == Rotation("rotated", ALPHA_USER, 1)
    assert live_tokens(database_url) == 1


def test_fifty_refreshes_of_one_token_at_once_make_one_family(crowd: Database, database_url: str) -> None:
    token = open_session(crowd)
    with ThreadPoolExecutor(8) as threads:
        found = list(threads.map(rotate, [crowd] * 50, [token] * 50))
    assert set(found) == {Rotation("rotated", ALPHA_USER, 1)}
    assert live_tokens(database_url) == 1


def test_rotation_outlives_the_first_days(database: Database, database_url: str) -> None:
    token = open_session(database)
    with psycopg.connect(database_url) as connection:
        connection.execute("UPDATE auth_sessions SET expires_at = now() + interval '5 seconds'")
    rotate(database, token)
    with psycopg.connect(database_url) as connection:
        left = connection.execute("SELECT expires_at > now() + interval '900 seconds' FROM auth_sessions").fetchone()
    assert left == (True,)


def test_long_rotated_tokens_are_cleared_away(database: Database, database_url: str) -> None:
    token = open_session(database)
    rotate(database, token)
    with psycopg.connect(database_url) as connection:
        connection.execute(
            "UPDATE refresh_tokens SET expires_at = now() - interval '1 second' WHERE rotated_at IS NOT NULL"
        )
    rotate(database, token.successors(SECRET)[0])
    with psycopg.connect(database_url) as connection:
        assert connection.execute("SELECT count(*) FROM refresh_tokens").fetchone() == (2,)


def test_a_refused_token_changes_nothing(database: Database) -> None:
    token = open_session(database)
    stranger = RefreshToken.first(ALPHA_TENANT, token.auth_session_id)
    assert rotate(database, stranger) == Rotation("unknown", None, 0)
    assert rotate(database, token).outcome == "rotated"


def test_a_closed_session_is_unknown(database: Database) -> None:
    token = open_session(database)
    with database.unit(BETA) as unit:
        AuthSessionRepository(unit).close(token.auth_session_id)
        AuthSessionRepository(unit).close_all()
    assert rotate(database, token).outcome == "rotated"
    with database.unit(ALPHA) as unit:
        AuthSessionRepository(unit).close(token.auth_session_id)
    assert rotate(database, token.successors(SECRET)[0]).outcome == "unknown"


def test_the_device_may_go_before_its_sessions(database: Database, database_url: str) -> None:
    token = open_session(database)
    with psycopg.connect(database_url) as connection:
        connection.execute("DELETE FROM devices")
        assert connection.execute("SELECT device_id, tenant_id::text FROM auth_sessions").fetchone() == (
            None,
            ALPHA_TENANT,
        )
    assert rotate(database, token).outcome == "rotated"
