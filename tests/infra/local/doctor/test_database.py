"""What the state of a database and of its queue means."""

import pytest
from msgspec import structs

from infra.local.doctor.database import judge, judge_queue
from shared.db.inspection import DatabaseState, QueueState

HERE = "postgresql://app@127.0.0.1/x"
ELSEWHERE = "postgresql://app@db.school.example/x"
GOOD = DatabaseState(
    server="17.2",
    number=170_002,
    encrypted=True,
    pending=[],
    unknown=[],
    bypasses=[],
    unprotected=[],
    skew_s=0.1,
    round_trip_s=0.002,
    connections=10,
    most_connections=100,
)
CALM = QueueState(workers=1, slots=4, overdue=0, oldest_s=0, running=0, failed=0)


def states(state: DatabaseState, url: str = HERE) -> dict[str, str]:
    return {finding.check: finding.state for finding in judge(state, url)}


def test_all_is_well() -> None:
    assert set(states(GOOD, ELSEWHERE).values()) == {"ok"}


@pytest.mark.parametrize(
    ("change", "check", "state"),
    [
        ({"number": 140_011}, "database", "failed"),
        ({"connections": 81}, "database", "warning"),
        ({"bypasses": ["unamentis_app"]}, "tenant rules", "failed"),
        ({"bypasses": ["postgres"]}, "tenant rules", "warning"),
        ({"skew_s": -3.0}, "clock", "warning"),
        ({"skew_s": 31.0}, "clock", "failed"),
        # As much of it may be the way there and back.
        ({"skew_s": 3.0, "round_trip_s": 4.0}, "clock", "ok"),
    ],
)
def test_what_is_wrong(change: dict[str, object], check: str, state: str) -> None:
    assert states(structs.replace(GOOD, **change))[check] == state


@pytest.mark.parametrize(
    ("url", "state"),
    [
        (HERE, "ok"),
        ("postgresql:///x?host=/run/postgresql", "ok"),
        ("postgresql://localhost/x", "ok"),
        (ELSEWHERE, "warning"),
    ],
)
def test_encryption_is_asked_for_where_the_way_is_long(url: str, state: str) -> None:
    assert states(structs.replace(GOOD, encrypted=False), url)["database TLS"] == state


@pytest.mark.parametrize(
    ("queue", "state"),
    [
        (CALM, "ok"),
        (structs.replace(CALM, overdue=900, oldest_s=60), "ok"),
        (structs.replace(CALM, overdue=1, oldest_s=121), "failed"),
        (structs.replace(CALM, workers=0), "warning"),
        (structs.replace(CALM, failed=1), "warning"),
    ],
)
def test_a_queue(queue: QueueState, state: str) -> None:
    assert judge_queue(queue).state == state
