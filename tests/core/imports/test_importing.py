import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from aiohttp import web
from msgspec import structs

from core.fetching.rules import Refused
from core.imports.importing import CourseImport
from core.imports.orders import Progress
from core.jobs.port import JobStopped
from core.providers.llm.port import Prompt
from shared.db import Database, Unit
from shared.errors import (
    AppError,
    BudgetExhausted,
    Conflict,
    Forbidden,
    InvalidInput,
    NotFound,
    ProviderUnavailable,
    Unavailable,
)
from shared.repositories.assets import AssetRepository
from shared.repositories.course_imports import CourseImportRepository
from shared.repositories.plugin_settings import PluginSettingsRepository
from shared.storage.objects import open_objects
from tests.conftest import ALPHA_TENANT
from tests.core.imports.conftest import TOPICS, WANTS, School, writing
from tests.fakes.jobs import RecordedJob, Result, run_killed_at_every_step
from tests.fakes.stores import FullStore
from tests.support.archives import a_photo
from tests.support.books import markdown, zipped
from tests.support.imports import WritingModel
from tests.support.people import add_person
from tests.support.umcf import a_document, a_topic


def topics_of(document: dict[str, Any]) -> list[dict[str, Any]]:
    return [topic for unit in document["content"][0]["children"] for topic in unit.get("children", [unit])]


async def test_a_book_becomes_a_curriculum(school: School) -> None:
    job = school.job("/book.md")
    result = await CourseImport(school.shop()).run(job)
    assert (result["title"], result["topicCount"]) == ("The Book of Things", TOPICS)
    document = school.document(result["curriculumId"])
    assert [topic["title"] for topic in topics_of(document)] == [f"Thing {at}" for at in range(1, TOPICS + 1)]
    assert document["sourceProvenance"]["course"] == school.shelf.url("/book.md")
    assert school.staged(job) == 0
    assert list(school.objects.keys("")) == []
    stages = list(dict.fromkeys(step.stage for step in job.steps))
    assert stages == ["downloading", "validating", "extracting", "storing"]
    progress = [step.progress for step in job.steps]
    assert progress == sorted(progress)
    assert progress[-1] == 1.0


async def test_a_killed_import_does_nothing_twice_and_shows_nothing_before_its_end(school: School) -> None:
    job = school.job("/book.md", stop_at=1)
    result, runs = await run_killed_at_every_step(CourseImport(school.shop()), job)
    assert runs > TOPICS
    assert school.curricula() == ["The Book of Things"]
    assert school.shelf.asked == ["/book.md"]
    assert (result["topicCount"], result["warnings"]) == (TOPICS, [])
    with school.database.unit(school.teacher) as unit:
        imported = CourseImportRepository(unit).courses("web", [school.shelf.url("/book.md")])
    assert [course.curriculum_id for course in imported.result] == [result["curriculumId"]]


async def test_half_an_import_is_seen_by_nobody(school: School) -> None:
    job = school.job("/book.md", stop_at=6)
    with pytest.raises(JobStopped):
        await CourseImport(school.shop()).run(job)
    half = Progress.of(job.checkpoint)
    assert 0 < half.extracted < TOPICS
    assert school.staged(job) == half.extracted
    assert school.curricula() == []
    again = job.again()
    await CourseImport(school.shop()).run(again)
    assert [step.item for step in again.steps if step.stage == "extracting"] == [
        f"Thing {at}" for at in range(half.extracted + 1, TOPICS + 1)
    ]


async def test_a_course_that_changed_between_two_runs_begins_anew(school: School) -> None:
    job = school.job("/book.md", stop_at=6)
    with pytest.raises(JobStopped):
        await CourseImport(school.shop()).run(job)
    for key in list(school.objects.keys("")):
        school.objects.delete(key)
    school.shelf.files["/book.md"] = markdown(TOPICS).replace(b"made of words", b"made of letters")
    again = job.again()
    result = await CourseImport(school.shop()).run(again)
    document = json.dumps(school.document(result["curriculumId"]))
    assert "made of words" not in document
    assert document.count("made of letters") == 2 * TOPICS
    assert "changed" in str(result["warnings"])
    assert again.said


async def test_bytes_that_are_lost_are_fetched_again_and_nothing_is_done_twice(school: School) -> None:
    job = school.job("/book.md", stop_at=6)
    with pytest.raises(JobStopped):
        await CourseImport(school.shop()).run(job)
    done = Progress.of(job.checkpoint).extracted
    for key in list(school.objects.keys("")):
        school.objects.put(key, b"something else")
    again = job.again()
    await CourseImport(school.shop()).run(again)
    assert sum(step.stage == "extracting" for step in again.steps) == TOPICS - done
    assert school.shelf.asked == ["/book.md"] * 2


async def test_a_cancelled_import_leaves_nothing_in_the_store(school: School) -> None:
    job = school.job("/book.md")
    stopped = RecordedJob(job.order, database=school.database, stop_at=5, reason="cancelled")
    with pytest.raises(JobStopped):
        await CourseImport(school.shop()).run(stopped)
    assert list(school.objects.keys("")) == []
    assert school.curricula() == []


async def test_importing_again_makes_the_next_version(school: School) -> None:
    first = await CourseImport(school.shop()).run(school.job("/book.md"))
    second = await CourseImport(school.shop()).run(school.job("/book.md"))
    assert first["curriculumId"] == second["curriculumId"]
    assert school.curricula() == ["The Book of Things"]
    other = await CourseImport(school.shop()).run(school.job("/book.md", output_name="Mine"))
    assert other["curriculumId"] != first["curriculumId"]
    assert school.curricula() == ["Mine", "The Book of Things"]


async def test_umcf_keeps_its_id_and_brings_its_pictures(school: School) -> None:
    assert (await CourseImport(school.shop()).run(school.job("/things.umcf")))["curriculumId"] == "things"
    result = await CourseImport(school.shop()).run(school.job("/shown.umcf"))
    assert result["curriculumId"] == "shown"
    with school.database.unit(school.teacher) as unit:
        files = unit.value(int, "SELECT count(*)::int FROM assets WHERE tenant_id = %(tenant_id)s")
    assert files.result == 1


async def test_pictures_stay_where_the_databases_answer_was_lost(school: School) -> None:
    class AnswerLost(RecordedJob):
        """Commits its last step, and does not hear of it."""

        async def write(self, work: Callable[[Unit], Result], **step: Any) -> Result:
            result = await super().write(work, **step)
            if step["progress"] == 1.0:
                raise Unavailable("the connection broke after the commit")
            return result

    photo = a_photo()
    asset = {"id": "a", "type": "image", "alt": "-", "localPath": "assets/p.jpg"}
    shown = a_document("shown", a_topic("one", media={"embedded": [asset]}))
    school.shelf.files["/photo.umcf"] = zipped({"curriculum.json": json.dumps(shown), "assets/p.jpg": photo})
    pictures = open_objects("memory://")
    handler, job = CourseImport(structs.replace(school.shop(), pictures=pictures)), school.job("/photo.umcf")
    lost = AnswerLost(job.order, database=school.database)
    with pytest.raises(Unavailable):
        await handler.run(lost)
    assert (await handler.run(lost.again()))["curriculumId"] == "shown"
    with school.database.unit(school.teacher) as unit:
        found = AssetRepository(unit).of_curriculum("shown")
    (key,) = [row.object_key for row in found.result]
    assert key is not None
    assert pictures.get(key) == photo


async def test_only_what_is_chosen_is_taken(school: School) -> None:
    wants = {"transcripts": False, "lecture_notes": False}
    job = school.job("/book.md", selected=["thing-2", "thing-5"], wants=wants)
    document = school.document((await CourseImport(school.shop()).run(job))["curriculumId"])
    assert [topic["id"]["value"] for topic in topics_of(document)] == ["thing-2", "thing-5"]
    assert "transcript" not in topics_of(document)[0]
    assert topics_of(document)[0]["content"]["text"].startswith("Paragraph 1 of thing 2")


@pytest.mark.parametrize(
    ("course", "change", "error", "code"),
    [
        ("/missing.md", {}, InvalidInput, "url_refused"),
        ("/book.md", {"selected": ["nothing"]}, InvalidInput, "no_such_lectures"),
        ("/book.md", {"source_id": "nowhere"}, NotFound, "not_found"),
        ("/closed.md", {}, Forbidden, "license_restriction"),
        ("/page.html", {}, InvalidInput, "unsupported_content"),
        ("/empty.md", {}, InvalidInput, "empty_book"),
    ],
)
async def test_what_cannot_be_imported_fails_clearly(
    school: School, course: str, change: dict[str, Any], error: type[AppError], code: str
) -> None:
    school.shelf.files |= {
        "/closed.md": markdown(facts="license: CC BY-NC-ND 4.0"),
        "/page.html": b"<!doctype html><html>",
        "/empty.md": b"# One\n\n![](a.png)\n\n# Two\n",
    }
    with pytest.raises(error) as failed:
        await CourseImport(school.shop()).run(school.job(course, **change))
    assert failed.value.error_code == code
    assert school.curricula() == []
    assert list(school.objects.keys("")) == []


async def test_a_server_that_hangs_up_is_asked_again_later_and_not_for_ever(school: School) -> None:
    async def hang_up(request: web.Request) -> web.StreamResponse:
        assert request.transport is not None
        request.transport.abort()
        return web.Response()

    school.shelf.answers["/away.md"] = hang_up
    handler, job = CourseImport(school.shop()), school.job("/away.md")
    for _ in range(2):
        with pytest.raises(Unavailable) as away:
            await handler.run(job)
        assert away.value.error_code == "url_refused"
        job = job.again()
    with pytest.raises(Refused):
        await handler.run(job)
    del school.shelf.answers["/away.md"]
    school.shelf.files["/away.md"] = markdown(1)
    assert (await handler.run(job.again()))["topicCount"] == 1


async def test_a_store_without_room_is_waited_for(school: School) -> None:
    store = FullStore(school.objects)
    handler, job = CourseImport(replace(school, objects=store).shop()), school.job("/book.md")
    with pytest.raises(Unavailable):
        await handler.run(job)
    assert (school.staged(job), school.curricula(), job.checkpoint.get("object_key")) == (0, [], "")
    store.is_full = False
    assert (await handler.run(job.again()))["topicCount"] == TOPICS
    assert list(school.objects.keys("")) == []


async def test_a_source_that_is_turned_off_gives_nothing(school: School) -> None:
    with school.database.unit(school.teacher) as unit:
        PluginSettingsRepository(unit).choose(["samples"], known=["samples", "upload", "web"])
    with pytest.raises(Conflict):
        await CourseImport(school.shop()).run(school.job("/book.md"))


async def test_who_teaches_no_longer_imports_nothing(school: School, database: Database) -> None:
    learner = replace(school, teacher=add_person(database, ALPHA_TENANT, "learner"))
    with pytest.raises(Forbidden):
        await CourseImport(school.shop()).run(learner.job("/book.md"))
    assert school.curricula() == []


async def test_what_a_model_adds_is_marked_and_nothing_is_asked_twice(school: School) -> None:
    llm = WritingModel(writing)
    job = school.job("/book.md", stop_at=1, wants=WANTS)
    result, _ = await run_killed_at_every_step(CourseImport(school.shop(llm=llm)), job)
    document = school.document(result["curriculumId"])
    topic = topics_of(document)[1]
    assert topic["learningObjectives"][0] == {
        "id": "generated-1",
        "statement": "Know thing 2",
        "bloomsLevel": "remember",
        "generated": True,
    }
    assert topic["assessments"][0]["generated"] is True
    first, *_, last = topic["transcript"]["segments"]
    assert first["content"] == f"Well, {first['writtenText']}"
    assert (last["type"], last["generated"]) == ("checkpoint", True)
    assert topic["prerequisites"] == [{"nodeId": "thing-1", "generated": True}]
    assert len(document["glossary"]["terms"]) == TOPICS + 1
    generated = document["sourceProvenance"]["generated"]
    assert (generated["by"], generated["objectives"], generated["assessments"]) == ("fake/writer-1", TOPICS, TOPICS)
    assert len(llm.asked) == 3 * TOPICS


async def test_a_model_that_makes_no_sense_is_asked_no_more(school: School) -> None:
    llm = WritingModel(lambda _prompt: "I would rather not.")
    result = await CourseImport(school.shop(llm=llm)).run(school.job("/book.md", wants=WANTS))
    assert len(llm.asked) == 3
    assert "asked no more" in str(result["warnings"])
    document = school.document(result["curriculumId"])
    assert "generated" not in json.dumps(document)


async def test_what_a_model_says_is_checked_like_an_upload(school: School) -> None:
    hostile = json.dumps({"objectives": [{"statement": "x" * 5_000}], "terms": [{"term": 7}], "checkpoints": "no"})
    llm = WritingModel(lambda _prompt: hostile)
    result = await CourseImport(school.shop(llm=llm)).run(school.job("/book.md", wants={"objectives": True}))
    assert "learningObjectives" not in topics_of(school.document(result["curriculumId"]))[0]


async def test_a_spent_budget_ends_what_is_generated_and_not_the_import(school: School) -> None:
    def spend(prompt: Prompt) -> str:
        if len(llm.asked) > 2:
            raise BudgetExhausted("this month's budget is spent")
        return writing(prompt)

    llm = WritingModel(spend)
    result = await CourseImport(school.shop(llm=llm)).run(school.job("/book.md", wants=WANTS))
    document = school.document(result["curriculumId"])
    with_objectives = [bool(topic.get("learningObjectives")) for topic in topics_of(document)]
    assert with_objectives == [True, True] + [False] * (TOPICS - 2)
    assert result["warnings"] == ["nothing more was generated: this month's budget is spent"]
    assert len(llm.asked) == 3


async def test_a_vendor_that_fails_is_waited_for_but_not_for_ever(school: School) -> None:
    def fail(_prompt: Prompt) -> str:
        raise ProviderUnavailable("the vendor is down")

    handler = CourseImport(school.shop(llm=WritingModel(fail)))
    job = school.job("/book.md", wants=WANTS)
    with pytest.raises(ProviderUnavailable):
        await handler.run(job)
    assert school.curricula() == []
    second = job.again()
    with pytest.raises(ProviderUnavailable):
        await handler.run(second)
    result = await handler.run(second.again())
    assert "does not answer" in str(result["warnings"])
    assert school.curricula() == ["The Book of Things"]
