"""Statements that go out in one piece, and plans a connection keeps."""

from collections.abc import Iterator
from typing import LiteralString

import psycopg
import pytest

from shared.db.connection import connect
from shared.db.wire import MOST_PLANS, Statement, Wire

NAME: LiteralString = "SELECT name FROM tenants WHERE tenant_id = %(id)s::uuid"


@pytest.fixture
def wire(database_url: str) -> Iterator[Wire]:
    made = Wire(connect(database_url))
    yield made
    made.close()


def kept(wire: Wire) -> int:
    """Count the plans the server holds for a connection."""
    (answer,) = wire.exchange([Statement("SELECT count(*) FROM pg_prepared_statements", {})])
    return answer.scalars()[0]


def number(wire: Wire, sql: LiteralString, *, keep_plan: bool = False, **params: object) -> object:
    (answer,) = wire.exchange([Statement(sql, params, keep_plan)])
    return answer.scalars()[0]


def test_places_may_repeat_and_percent_signs_stay(wire: Wire) -> None:
    sql = "SELECT format('%%s of %%s', %(a)s::text, %(b)s::text) || %(a)s || (7 %% 4)"
    assert number(wire, sql, b="two", a="one", unused=1) == "one of twoone3"


def test_answers_come_in_order_and_know_what_was_touched(wire: Wire) -> None:
    create, insert, read = wire.exchange(
        [
            Statement("CREATE TEMPORARY TABLE noted (n int) ON COMMIT DROP", {}),
            Statement("INSERT INTO noted SELECT generate_series(1, %(most)s)", {"most": 3}),
            Statement("SELECT n, n * 2 AS twice FROM noted ORDER BY n", {}),
        ]
    )
    assert (create.count, insert.count, read.count) == (0, 3, 3)
    assert read.rows(dict) == [{"n": 1, "twice": 2}, {"n": 2, "twice": 4}, {"n": 3, "twice": 6}]


def test_a_plan_is_kept_once_for_each_type_of_values(wire: Wire) -> None:
    for value in (1, 2, 70_000, "text"):
        assert number(wire, "SELECT %(value)s", keep_plan=True, value=value) == value
    assert kept(wire) == 3
    number(wire, "SELECT 5")
    assert kept(wire) == 3


def test_the_same_statement_twice_at_once(wire: Wire) -> None:
    answers = wire.exchange([Statement("SELECT %(n)s", {"n": n}, keep_plan=True) for n in (1, 2)])
    assert [answer.scalars() for answer in answers] == [[1], [2]]
    assert kept(wire) <= 2


@pytest.mark.parametrize("place", [0, 1], ids=["before it is planned", "after"])
def test_a_refusal_leaves_no_plan_in_doubt(wire: Wire, place: int) -> None:
    statements = [Statement("SELECT %(n)s + 1", {"n": 1}, keep_plan=True)]
    statements.insert(place, Statement("SELECT refuse('PT409', 'no')", {}))
    for _ in range(3):
        with pytest.raises(psycopg.Error, match="no"):
            wire.exchange(statements)
    assert kept(wire) == place
    assert [number(wire, "SELECT %(n)s + 1", keep_plan=True, n=n) for n in (1, 2)] == [2, 3]
    assert kept(wire) == 1


def test_what_always_fails_is_planned_once(wire: Wire) -> None:
    for _ in range(5):
        with pytest.raises(psycopg.errors.DivisionByZero):
            number(wire, "SELECT 1 / %(n)s", keep_plan=True, n=0)
    assert kept(wire) == 1


def test_a_migration_that_changes_what_is_answered_is_not_noticed(wire: Wire) -> None:
    wire.connection.execute("CREATE TEMPORARY TABLE changing AS SELECT 1 AS n")
    undone = Statement("INSERT INTO changing VALUES (2)", {})
    for expected in (1, "1"):
        if expected == "1":
            wire.connection.execute("ALTER TABLE changing ALTER n TYPE text")
        _, read = wire.exchange([undone, Statement("SELECT * FROM changing ORDER BY n", {}, keep_plan=True)])
        assert read.scalars()[0] == expected
    assert number(wire, "SELECT count(*) FROM changing") == 3


def test_plans_have_a_limit(wire: Wire) -> None:
    sql: LiteralString = "SELECT %(n)s"
    for extra in range(MOST_PLANS + 5):
        wire.exchange([Statement(sql + " " * extra, {"n": 1}, keep_plan=True)])
    assert kept(wire) == MOST_PLANS


def test_much_goes_out_while_much_comes_back(wire: Wire) -> None:
    text = "a text of some length " * 100_000
    answers = wire.exchange([Statement("SELECT repeat(%(text)s::text, 2)", {"text": text}) for _ in range(6)])
    assert [len(answer.scalars()[0]) for answer in answers] == [2 * len(text)] * 6


def test_a_server_that_goes_away_in_the_middle_closes_the_connection(database_url: str) -> None:
    wire = Wire(connect(database_url, role=None))
    with pytest.raises(psycopg.OperationalError):
        wire.exchange(
            [
                Statement("SELECT 1", {}),
                Statement("SELECT pg_terminate_backend(pg_backend_pid())", {}),
                Statement("SELECT 2", {}),
            ]
        )
    assert wire.is_closed


def test_a_value_the_driver_refuses_is_not_sent(wire: Wire) -> None:
    with pytest.raises(psycopg.DataError):
        wire.exchange([Statement("SELECT 1", {}), Statement(NAME, {"id": "a\x00"})])
    assert number(wire, "SELECT 5") == 5
