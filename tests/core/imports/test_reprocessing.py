import json
from typing import Any

import pytest

from core.imports.analysis import issues_of
from core.imports.orders import REPROCESS_KIND
from core.imports.reprocessing import CurriculumReprocess
from core.jobs.port import JobStopped, StopReason
from shared.db import Database, TenantEntry
from shared.errors import Conflict, Forbidden
from shared.repositories.content import store_curriculum
from shared.repositories.curricula import CurriculumRepository
from shared.repositories.jobs import JobRepository
from tests.conftest import ALPHA_TENANT
from tests.core.imports.conftest import writing
from tests.fakes.jobs import RecordedJob, an_order, run_killed_at_every_step
from tests.support.imports import WritingModel, workshop
from tests.support.people import add_person
from tests.support.umcf import a_document, a_topic

WANTS = {"objectives": True, "checkpoints": True, "practice_problems": True}


@pytest.fixture
def teacher(database: Database) -> TenantEntry:
    entry = add_person(database, ALPHA_TENANT, "teacher")
    objective = [{"statement": "Written by its author"}]
    with database.unit(entry) as unit:
        topics = (a_topic("one", title="Thing 1"), a_topic("two", title="Thing 2", learningObjectives=objective))
        store_curriculum(unit, a_document("things", *topics, extra="kept"), {})
    return entry


def job(database: Database, entry: TenantEntry, *, stop_at: int | None = None, **payload: Any) -> RecordedJob:
    ordered = {"curriculum_id": "things", "wants": WANTS, **payload}
    order = an_order(ALPHA_TENANT, REPROCESS_KIND, ordered, user_id=entry.user_id)
    with database.unit(entry) as unit:
        JobRepository(unit).add(order.id, order.kind, ordered)
    return RecordedJob(order, database=database, stop_at=stop_at)


def document(database: Database, entry: TenantEntry) -> dict[str, Any]:
    with database.unit(entry) as unit:
        found = CurriculumRepository(unit).document("things")
    return dict(found.result.document)


async def test_what_is_lacking_is_added_once_and_what_is_there_stays(database: Database, teacher: TenantEntry) -> None:
    llm = WritingModel(writing)
    before = {issue.kind for issue in issues_of(document(database, teacher))}
    handler = CurriculumReprocess(workshop(database, llm=llm))
    result, runs = await run_killed_at_every_step(handler, job(database, teacher, stop_at=1))
    assert runs > 4
    assert len(llm.asked) == 4
    made = document(database, teacher)
    one, two = made["content"][0]["children"]
    assert one["learningObjectives"][0]["generated"] is True
    assert two["learningObjectives"] == [{"statement": "Written by its author"}]
    assert made["extra"] == "kept"
    assert result["curriculumId"] == "things"
    after = {issue.kind for issue in issues_of(made)}
    assert {"missing_objectives", "missing_checkpoints", "missing_assessments"} <= before
    assert after == before - {"missing_objectives", "missing_checkpoints", "missing_assessments"}


async def test_what_somebody_changes_meanwhile_is_not_lost(database: Database, teacher: TenantEntry) -> None:
    llm = WritingModel(writing)
    first = job(database, teacher, stop_at=2)
    handler = CurriculumReprocess(workshop(database, llm=llm))
    with pytest.raises(JobStopped):
        await handler.run(first)
    with database.unit(teacher) as unit:
        store_curriculum(unit, a_document("things", a_topic("one", title="Mine")), {})
    with pytest.raises(Conflict) as refused:
        await handler.run(first.again())
    assert refused.value.error_code == "edited_meanwhile"
    assert "generated" not in json.dumps(document(database, teacher))


@pytest.mark.parametrize("reason", ["cancelled", "paused", "draining"])
async def test_what_is_asked_when_everything_is_stored_comes_too_late(
    database: Database, teacher: TenantEntry, reason: StopReason
) -> None:
    handler = CurriculumReprocess(workshop(database, llm=WritingModel(writing)))
    stopped = RecordedJob(job(database, teacher).order, database=database, stop_at=1, reason=reason)
    result = None
    while result is None:
        try:
            result = await handler.run(stopped)
        except JobStopped:
            assert "generated" not in json.dumps(document(database, teacher))
            later = len(stopped.steps) + 1
            stopped = RecordedJob(stopped.order, database=database, stop_at=later, reason=reason)
    assert (result["curriculumId"], stopped.steps[-1].stage) == ("things", "storing")
    assert "generated" in json.dumps(document(database, teacher))


async def test_who_does_not_teach_changes_nothing(database: Database, teacher: TenantEntry) -> None:
    learner = add_person(database, ALPHA_TENANT, "learner")
    with pytest.raises(Forbidden):
        await CurriculumReprocess(workshop(database)).run(job(database, learner))
    assert teacher.user_id != learner.user_id
