"""Curricula: the stored UMCF documents, their summaries, and the lessons in them."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

import msgspec

from shared.db import Json, Pending, Unit
from shared.domain.curriculum import Curriculum, Topic
from shared.domain.lesson import Lesson
from shared.domain.lesson_material import lesson_of


class CurriculumSummary(msgspec.Struct, frozen=True):
    """A curriculum as lists show it; `duration` is ISO 8601, `status` draft, published or archived."""

    id: str
    catalog: str
    title: str
    description: str
    version: str
    status: str
    language: str
    difficulty: str
    age_range: str
    duration: str
    keywords: list[str]
    author: str | None
    grade_level: str | None
    source: str | None
    topic_count: int
    visual_asset_count: int
    revision: int
    subjects: list[str]
    created_at: datetime
    updated_at: datetime


class CurriculumDetail(CurriculumSummary, frozen=True):
    """A curriculum with what its topics share."""

    glossary: list[dict[str, Any]]
    objectives: list[dict[str, Any]]


class StoredDocument(msgspec.Struct, frozen=True):
    """A UMCF document as it came; `revision` counts the documents this curriculum has had."""

    document: dict[str, Any]
    revision: int


class SubjectRow(msgspec.Struct, frozen=True):
    """A subject and how many curricula name it."""

    name: str
    curriculum_count: int


class CurriculumFilter(msgspec.Struct, frozen=True, kw_only=True):
    """Which curricula; None takes all but the archived ones.

    Attributes:
        search: words that are all found in title, keywords, topics or description; of the last one the beginning.
    """

    status: str | None = None
    difficulty: str | None = None
    search: str | None = None


class _LessonRow(msgspec.Struct, frozen=True):
    curriculum_title: str
    glossary: list[dict[str, Any]]
    title: str
    segments: list[dict[str, Any]]
    objectives: list[dict[str, Any]]
    misconceptions: list[dict[str, Any]]
    assessments: list[dict[str, Any]]

    def lesson(self, topic_id: str) -> Lesson:
        topic = Topic(
            id=topic_id,
            title=self.title,
            segments=self.segments,
            objectives=self.objectives,
            misconceptions=self.misconceptions,
            assessments=self.assessments,
        )
        return lesson_of(self.curriculum_title, topic, self.glossary)


class PendingLesson(msgspec.Struct, frozen=True):
    """A lesson that is there once the unit of work has ended."""

    _row: Pending[_LessonRow]
    _topic_id: str

    @property
    def result(self) -> Lesson:
        """Return the lesson."""
        return self._row.result.lesson(self._topic_id)


_SUMMARY: Final = """SELECT c.id, c.catalog, c.title, c.description, c.version, c.status, c.language, c.difficulty,
    c.age_range, c.duration, c.keywords, c.author, c.grade_level, c.source, c.topic_count, c.visual_asset_count,
    c.revision, c.subjects, c.created_at, c.updated_at
"""
# Both branches come in the order of their index, so that a page reads no more rows than it shows and skips.
_PAGE: Final = """
    FROM (
        (SELECT o.tenant_id, o.id, o.title FROM curricula o
         WHERE o.tenant_id = %(tenant_id)s AND (o.status = %(status)s OR %(status)s::text IS NULL
               AND o.status <> 'archived')
           AND (%(difficulty)s::text IS NULL OR lower(o.difficulty) = lower(%(difficulty)s))
         ORDER BY o.title, o.id LIMIT %(limit)s::int + %(offset)s)
        UNION ALL
        (SELECT i.tenant_id, i.id, i.title FROM curricula i
         WHERE i.tenant_id = (SELECT app_parent())
           AND NOT EXISTS (SELECT FROM curricula own WHERE own.tenant_id = %(tenant_id)s AND own.id = i.id)
           AND (i.status = %(status)s OR %(status)s::text IS NULL AND i.status <> 'archived')
           AND (%(difficulty)s::text IS NULL OR lower(i.difficulty) = lower(%(difficulty)s))
         ORDER BY i.title, i.id LIMIT %(limit)s::int + %(offset)s)
        UNION ALL
        (SELECT p.tenant_id, p.id, p.title FROM curricula p
         WHERE p.tenant_id = public_tenant() AND p.tenant_id <> %(tenant_id)s
           AND NOT EXISTS (SELECT FROM curricula near
                           WHERE near.tenant_id IN (%(tenant_id)s, (SELECT app_parent())) AND near.id = p.id)
           AND (p.status = %(status)s OR %(status)s::text IS NULL AND p.status <> 'archived')
           AND (%(difficulty)s::text IS NULL OR lower(p.difficulty) = lower(%(difficulty)s))
         ORDER BY p.title, p.id LIMIT %(limit)s::int + %(offset)s)
        ORDER BY title, id LIMIT %(limit)s OFFSET %(offset)s
    ) shown
    JOIN curricula c ON c.tenant_id = shown.tenant_id AND c.id = shown.id
    ORDER BY c.title, c.id
"""
_COUNT: Final = """
    SELECT (SELECT count(*) FROM curricula o
            WHERE o.tenant_id = %(tenant_id)s AND (o.status = %(status)s OR %(status)s::text IS NULL
                  AND o.status <> 'archived')
              AND (%(difficulty)s::text IS NULL OR lower(o.difficulty) = lower(%(difficulty)s)))
         + (SELECT count(*) FROM curricula i
            WHERE i.tenant_id = (SELECT app_parent())
              AND NOT EXISTS (SELECT FROM curricula own WHERE own.tenant_id = %(tenant_id)s AND own.id = i.id)
              AND (i.status = %(status)s OR %(status)s::text IS NULL AND i.status <> 'archived')
              AND (%(difficulty)s::text IS NULL OR lower(i.difficulty) = lower(%(difficulty)s)))
         + (SELECT count(*) FROM curricula p
            WHERE p.tenant_id = public_tenant() AND p.tenant_id <> %(tenant_id)s
              AND NOT EXISTS (SELECT FROM curricula near
                              WHERE near.tenant_id IN (%(tenant_id)s, (SELECT app_parent())) AND near.id = p.id)
              AND (p.status = %(status)s OR %(status)s::text IS NULL AND p.status <> 'archived')
              AND (%(difficulty)s::text IS NULL OR lower(p.difficulty) = lower(%(difficulty)s)))
"""
_FOUND: Final = """
    FROM find_curricula(%(tenant_id)s, %(search)s, %(status)s, %(difficulty)s, %(limit)s::int, %(offset)s::int) found
    JOIN curricula c ON c.tenant_id = found.tenant_id AND c.id = found.curriculum_id
    WHERE c.tenant_id = ANY(%(readable)s::uuid[])
    ORDER BY found.place
"""
_TELL_RELOADED: Final = "SELECT tell_update(%(tenant_id)s::uuid, 'curricula_reloaded', jsonb_build_object('count', ("
_FOUND_COUNT: Final = """
    SELECT coalesce(max(found.total), 0)
    FROM find_curricula(%(tenant_id)s, %(search)s, %(status)s, %(difficulty)s, 1, 0) found
"""
_ONE: Final = """
    FROM curricula c WHERE c.tenant_id = ANY(%(readable)s::uuid[]) AND c.id = %(curriculum_id)s
    ORDER BY c.tenant_id = %(tenant_id)s DESC, c.tenant_id DESC LIMIT 1
"""


class CurriculumRepository:
    """Curricula as the unit's tenant sees them: its own and the public ones it does not shadow."""

    def __init__(self, unit: Unit) -> None:
        self._unit = unit

    def page(self, wanted: CurriculumFilter, *, limit: int, offset: int) -> Pending[list[CurriculumSummary]]:
        """Queue the read of one page of summaries: by title, or the best match first where words are searched."""
        self._by_index()
        sql = _SUMMARY + _FOUND if wanted.search else _SUMMARY + _PAGE
        return self._unit.all(CurriculumSummary, sql, limit=limit, offset=offset, **_params(wanted))

    def _by_index(self) -> None:
        """Keep the rest of the unit to indexes: what a list costs depends on the tenant's rows, not on all tenants'.

        For a tenant that has most of a table the planner would read all of it.
        """
        self._unit.run("SELECT set_config('enable_seqscan', 'off', true)  -- cross-tenant: no table is read")

    def count(self, wanted: CurriculumFilter) -> Pending[int]:
        """Queue the count of all curricula a filter takes."""
        sql = _FOUND_COUNT if wanted.search else _COUNT
        return self._unit.value(int, sql, **_params(wanted))

    def tell_reloaded(self) -> None:
        """Queue the news that somebody asked for all curricula to be read again, for those who watch the tenant."""
        self._unit.run(_TELL_RELOADED + _COUNT + ")))", **_params(CurriculumFilter()))

    def get(self, curriculum_id: str) -> Pending[CurriculumDetail]:
        """Queue the read of one curriculum; another tenant's is NotFound, as if it did not exist."""
        return self._unit.one(
            CurriculumDetail,
            _SUMMARY + ", c.glossary, c.objectives" + _ONE,
            curriculum_id=curriculum_id,
            missing=f"curriculum {curriculum_id} not found",
        )

    def document(self, curriculum_id: str) -> Pending[StoredDocument]:
        """Queue the read of a curriculum's UMCF document; another tenant's is NotFound, as if it did not exist."""
        missing = f"curriculum {curriculum_id} not found"
        sql = "SELECT c.document, c.revision" + _ONE
        return self._unit.one(StoredDocument, sql, curriculum_id=curriculum_id, missing=missing)

    def lesson(self, curriculum_id: str, topic_id: str) -> PendingLesson:
        """Queue the read of one topic's lesson, in one statement; NotFound when there is no such topic."""
        row = self._unit.one(
            _LessonRow,
            """SELECT c.title AS curriculum_title, c.glossary, t.title, t.segments, t.objectives, t.misconceptions,
                      t.assessments
               FROM curricula c
               JOIN topics t ON t.tenant_id = c.tenant_id AND t.curriculum_id = c.id AND t.id = %(topic_id)s
               WHERE c.id = %(curriculum_id)s
                 AND c.tenant_id = (SELECT seen.tenant_id FROM curricula seen
                                    WHERE seen.tenant_id = ANY(%(readable)s::uuid[]) AND seen.id = %(curriculum_id)s
                                    ORDER BY seen.tenant_id = %(tenant_id)s DESC, seen.tenant_id DESC LIMIT 1)""",
            curriculum_id=curriculum_id,
            topic_id=topic_id,
            missing=f"topic {topic_id} of curriculum {curriculum_id} not found",
        )
        return PendingLesson(row, topic_id)

    def subjects(self) -> Pending[list[SubjectRow]]:
        """Queue the read of every subject that a curriculum outside the archive names."""
        return self._unit.all(
            SubjectRow,
            """SELECT subject.name, count(*) AS curriculum_count
               FROM curricula c, unnest(c.subjects) AS subject(name)
               WHERE c.tenant_id = ANY(%(readable)s::uuid[]) AND c.status <> 'archived'
                 AND (c.tenant_id = %(tenant_id)s OR NOT EXISTS (
                      SELECT FROM curricula near WHERE near.tenant_id = ANY(%(readable)s::uuid[]) AND near.id = c.id
                                                   AND is_nearer(near.tenant_id, c.tenant_id)))
               GROUP BY subject.name ORDER BY subject.name LIMIT 1000""",
        )

    def suggest(self, words: str, *, most: int) -> Pending[list[str]]:
        """Queue a search for the curricula that match any of the words; their ids, best match first."""
        return self._unit.value(
            list[str],
            """SELECT coalesce(array_agg(found.curriculum_id), '{}')
               FROM search_curricula(%(tenant_id)s, %(words)s, %(most)s) AS found""",
            words=words,
            most=most,
        )

    def store(self, curriculum: Curriculum, document: Mapping[str, Any]) -> None:
        """Queue the upsert of a document with what was read from it; `updated_at` moves only with the document.

        The topics are stored by `TopicRepository.replace`.
        """
        self._unit.run(
            """INSERT INTO curricula AS stored
                    (tenant_id, id, document, catalog, title, description, version, status, language, difficulty,
                     age_range, duration, keywords, author, grade_level, source, topic_count, visual_asset_count,
                     glossary, objectives, subjects, search)
               VALUES (%(tenant_id)s, %(id)s, %(document)s, %(catalog)s, %(title)s, %(description)s, %(version)s,
                     %(status)s, %(language)s, %(difficulty)s, %(age_range)s, %(duration)s, %(keywords)s, %(author)s,
                     %(grade_level)s, %(source)s, %(topic_count)s, %(visual_asset_count)s, %(glossary)s,
                     %(objectives)s, %(subjects)s,
                     setweight(to_tsvector('english', %(title)s), 'A')
                     -- as they are typed, letter by letter
                     || setweight(to_tsvector('simple', %(title)s || E'\\n' || %(topic_words)s), 'D')
                     || setweight(to_tsvector('english', %(topic_words)s), 'B')
                     || setweight(to_tsvector('english', %(description)s), 'C')
                     || setweight(to_tsvector('english', %(other_words)s), 'D'))
               ON CONFLICT (tenant_id, id) DO UPDATE SET
                    (document, catalog, title, description, version, status, language, difficulty, age_range, duration,
                     keywords, author, grade_level, source, topic_count, visual_asset_count, glossary, objectives,
                     subjects, search, updated_at) =
                    (excluded.document, excluded.catalog, excluded.title, excluded.description, excluded.version,
                     excluded.status, excluded.language, excluded.difficulty, excluded.age_range, excluded.duration,
                     excluded.keywords, excluded.author, excluded.grade_level, excluded.source, excluded.topic_count,
                     excluded.visual_asset_count, excluded.glossary, excluded.objectives, excluded.subjects,
                     excluded.search,
                     CASE WHEN stored.document = excluded.document THEN stored.updated_at ELSE now() END)""",
            id=curriculum.id,
            document=Json(document),
            catalog=curriculum.catalog,
            title=curriculum.title,
            description=curriculum.description,
            version=curriculum.version,
            status=curriculum.status,
            language=curriculum.language,
            difficulty=curriculum.difficulty,
            age_range=curriculum.age_range,
            duration=curriculum.duration,
            keywords=curriculum.keywords,
            author=curriculum.author,
            grade_level=curriculum.grade_level,
            source=curriculum.source,
            topic_count=len(curriculum.topics),
            visual_asset_count=curriculum.visual_asset_count,
            glossary=Json(curriculum.glossary),
            objectives=Json(curriculum.objectives),
            subjects=curriculum.subjects,
            **_search_words(curriculum),
        )


# A tsvector holds at most a megabyte.
_MOST_SEARCH_CHARS: Final = 200_000


def _search_words(curriculum: Curriculum) -> dict[str, str]:
    near = [*curriculum.subjects, *curriculum.keywords, *(topic.title for topic in curriculum.topics)]
    further = [
        *(topic.description for topic in curriculum.topics),
        *(term["term"] for term in curriculum.glossary),
        *(objective["statement"] for topic in curriculum.topics for objective in topic.objectives),
    ]
    return {
        "topic_words": "\n".join(near)[:_MOST_SEARCH_CHARS],
        "other_words": "\n".join(further)[:_MOST_SEARCH_CHARS],
    }


def _params(wanted: CurriculumFilter) -> dict[str, object]:
    return {"status": wanted.status, "difficulty": wanted.difficulty, "search": wanted.search}
