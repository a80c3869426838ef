"""A school that imports: its library on loopback, its teacher, and a model that writes what it is asked for."""

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import pytest

from core.imports.importing import Workshop
from core.imports.orders import IMPORT_KIND
from core.providers.llm.port import Prompt
from shared.db import Database, TenantEntry
from shared.domain.strict_json import parse_json
from shared.repositories.course_imports import CourseImportRepository
from shared.repositories.curricula import CurriculumRepository
from shared.repositories.jobs import JobRepository
from shared.storage.objects import open_objects
from shared.storage.port import ObjectStore
from tests.conftest import ALPHA_TENANT
from tests.fakes.jobs import RecordedJob, an_order
from tests.support.books import markdown, umcf, umcf_archive
from tests.support.imports import workshop
from tests.support.library_server import Library, library
from tests.support.people import add_person

TOPICS = 6
WANTS = {
    "objectives": True,
    "checkpoints": True,
    "knowledge_graph": True,
    "practice_problems": True,
    "spoken_text": True,
}


@dataclass
class School:
    """ALPHA with a teacher, a library on loopback, and what imports work with."""

    database: Database
    shelf: Library
    objects: ObjectStore
    teacher: TenantEntry

    def shop(self, **changes: Any) -> Workshop:
        return workshop(self.database, objects=self.objects, fetcher=self.shelf.fetcher(), **changes)

    def job(self, course: str, *, stop_at: int | None = None, **payload: Any) -> RecordedJob:
        """Return the running job of an import of a course from the web, whose row is there."""
        ordered = {"source_id": "web", "course_id": self.shelf.url(course), **payload}
        order = an_order(ALPHA_TENANT, IMPORT_KIND, ordered, user_id=self.teacher.user_id)
        with self.database.unit(self.teacher) as unit:
            JobRepository(unit).add(order.id, order.kind, ordered)
        return RecordedJob(order, database=self.database, stop_at=stop_at)

    def document(self, curriculum_id: object) -> dict[str, Any]:
        with self.database.unit(self.teacher) as unit:
            found = CurriculumRepository(unit).document(str(curriculum_id))
        return dict(found.result.document)

    def curricula(self) -> list[str]:
        with self.database.unit(self.teacher) as unit:
            found = unit.all(Title, "SELECT title FROM curricula WHERE tenant_id = %(tenant_id)s ORDER BY title")
        return [row.title for row in found.result]

    def staged(self, job: RecordedJob) -> int:
        with self.database.unit(self.teacher) as unit:
            found = CourseImportRepository(unit).staged(job.order.id)
        return len(found.result)


@dataclass
class Title:
    title: str


@pytest.fixture
async def school(database: Database) -> AsyncIterator[School]:
    async with library() as shelf:
        shelf.files = {"/book.md": markdown(TOPICS), "/things.umcf": umcf(), "/shown.umcf": umcf_archive()}
        yield School(database, shelf, open_objects("memory://"), add_person(database, ALPHA_TENANT, "teacher"))


def writing(prompt: Prompt) -> str:
    """Answer as a model does that was asked for additions, or to rewrite."""
    system, user = (message.content for message in prompt.messages)
    if "JSON array" in system:
        return json.dumps([f"Well, {text}" for text in parse_json(user.encode())])
    number = user.split("\n")[0].removeprefix("Thing ")
    added = {
        "objectives": [{"statement": f"Know thing {number}", "bloom": "remember"}],
        "terms": [{"term": f"thing {number}", "definition": "A thing."}, {"term": "words", "definition": "Said."}],
        "checkpoints": [{"question": "Is it a thing?", "answer": "Yes."}],
        "problems": [{"question": "Which thing?", "answer": number}],
    }
    return f"Here you are:\n```json\n{json.dumps({k: v for k, v in added.items() if k in system})}\n```"
