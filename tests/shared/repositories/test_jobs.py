"""Jobs as those see them who ask for them."""

from datetime import timedelta

import pytest

from shared.clock import utc_now
from shared.db import Database, TenantEntry
from shared.errors import Conflict, InvalidInput, NotFound
from shared.ids import new_id
from shared.repositories.job_relay import RelayRepository
from shared.repositories.jobs import JobRepository, StoredJob
from tests.conftest import ALPHA, ALPHA_TENANT, ALPHA_USER, BETA
from tests.support.people import add_person


def add(database: Database, *, key: str | None = None, entry: TenantEntry = ALPHA) -> str:
    with database.unit(entry) as unit:
        added = JobRepository(unit).add(new_id(), "count", {"to": 3}, key=key)
    return added.result


def get(database: Database, job_id: str) -> StoredJob:
    with database.unit(ALPHA) as unit:
        found = JobRepository(unit).get(job_id)
    return found.result


def ask(database: Database, verb: str, job_id: str, entry: TenantEntry = ALPHA) -> None:
    with database.unit(entry) as unit:
        getattr(JobRepository(unit), verb)(job_id)


def on_the_way(database: Database) -> list[str]:
    with database.unit(TenantEntry(None)) as unit:
        taken = RelayRepository(unit).take(most_out=100, most_each=100, lease_s=30)
    return [message.job_id for message in taken.result]


def test_a_job_and_its_way_to_the_queue_are_one(database: Database) -> None:
    job_id = add(database)
    job = get(database, job_id)
    assert (job.status, job.kind, job.payload, job.user_id, job.progress) == (
        "queued",
        "count",
        {"to": 3},
        ALPHA_USER,
        0,
    )
    with pytest.raises(RuntimeError), database.unit(ALPHA) as unit:
        JobRepository(unit).add(new_id(), "count", {})
        raise RuntimeError("the reason for it is undone")
    assert on_the_way(database) == [job_id]


def test_a_wish_is_granted_once(database: Database) -> None:
    first = add(database, key="import:light")
    assert add(database, key="import:light") == first
    assert add(database, key="import:light", entry=BETA) != first
    with database.unit(ALPHA) as unit:
        again = JobRepository(unit).add(first, "count", {"to": 4})
    assert again.result == first
    assert get(database, first).payload == {"to": 3}
    assert len(on_the_way(database)) == 2


def test_one_that_is_to_wait_is_not_taken(database: Database) -> None:
    with database.unit(ALPHA) as unit:
        JobRepository(unit).add(new_id(), "count", {}, after=utc_now() + timedelta(hours=1))
    assert on_the_way(database) == []


@pytest.mark.parametrize(
    ("kind", "payload", "wishes", "named"),
    [
        ("count", {"text": "x" * 300_000}, {}, "payload"),
        ("count", {"what": object()}, {}, "payload"),
        ("count", {}, {"priority": 101}, "priority"),
        ("count", {}, {"key": ""}, "key"),
    ],
)
def test_what_cannot_be_kept_is_refused(
    database: Database, kind: str, payload: dict[str, object], wishes: dict[str, object], named: str
) -> None:
    with pytest.raises(InvalidInput) as refused, database.unit(ALPHA) as unit:
        JobRepository(unit).add(new_id(), kind, payload, **wishes)  # pyright: ignore[reportArgumentType]  the bad ones
    assert list(refused.value.details) == [named]


def test_people_see_their_own_and_teachers_all(database: Database) -> None:
    mine = add(database)
    other = add_person(database, ALPHA_TENANT, "learner")
    teacher = add_person(database, ALPHA_TENANT, "teacher")
    for entry, seen in (
        (ALPHA, [mine]),
        (other, []),
        (teacher, [mine]),
        (TenantEntry(ALPHA_TENANT), [mine]),
        (BETA, []),
    ):
        with database.unit(entry) as unit:
            found = JobRepository(unit).find(limit=10)
            events = JobRepository(unit).events(mine)
        assert [job.id for job in found.result] == seen
        assert bool(events.result) is bool(seen)
    for entry in (other, BETA):
        with pytest.raises(NotFound):
            ask(database, "cancel", mine, entry)


def test_jobs_are_found_by_state_and_kind_the_newest_first(database: Database) -> None:
    jobs = [add(database) for _ in range(3)]
    ask(database, "cancel", jobs[1])
    with database.unit(ALPHA) as unit:
        repository = JobRepository(unit)
        queued = repository.find(status="queued", limit=10)
        page = repository.find(kind="count", before=jobs[2], limit=1)
        none = repository.find(kind="other", limit=10)
    assert [job.id for job in queued.result] == [jobs[2], jobs[0]]
    assert [job.id for job in page.result] == [jobs[1]]
    assert none.result == []


def test_one_that_waits_is_cancelled_paused_and_goes_on(database: Database) -> None:
    job_id = add(database)
    ask(database, "pause", job_id)
    assert (get(database, job_id).status, on_the_way(database)) == ("paused", [])
    ask(database, "pause", job_id)
    ask(database, "resume", job_id)
    assert (get(database, job_id).status, on_the_way(database)) == ("queued", [job_id])
    ask(database, "cancel", job_id)
    ended = get(database, job_id)
    assert (ended.status, ended.finished_at is not None) == ("cancelled", True)
    for verb in ("pause", "resume"):
        with pytest.raises(Conflict) as refused:
            ask(database, verb, job_id)
        assert refused.value.error_code == "job_cancelled"
    ask(database, "retry", job_id)
    assert (get(database, job_id).status, on_the_way(database)) == ("queued", [job_id])


def test_events_have_cursors(database: Database) -> None:
    job_id = add(database)
    ask(database, "cancel", job_id)
    with database.unit(ALPHA) as unit:
        events = JobRepository(unit).events(job_id)
    assert [(event.type, event.data["status"]) for event in events.result] == [
        ("status", "queued"),
        ("status", "cancelled"),
    ]
    with database.unit(ALPHA) as unit:
        later = JobRepository(unit).events(job_id, after=events.result[0].cursor)
    assert later.result == events.result[1:]
