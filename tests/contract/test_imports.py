"""Imports of section 7 of the contract, operation by operation: sources, courses, jobs."""

import json
from typing import Any

import pytest
from msgspec import UNSET, Struct, UnsetType

from shared.db import TenantEntry
from shared.ids import new_id
from shared.repositories.course_imports import CourseImportRepository
from tests.conftest import ALPHA_TENANT, BETA_TENANT
from tests.contract.conftest import World, android
from tests.contract.decoding import Int, Moment, Number, Text, decode, refused
from tests.support.api import ApiClient
from tests.support.books import EVERY, markdown, umcf
from tests.support.lessons import store_light


class Terms(Struct, rename="camel"):
    type: Text
    name: Text
    url: str
    permissions: list[str]
    conditions: list[str]
    restrictions: list[str]
    attribution_required: bool
    requires_attribution: bool
    allows_commercial_use: bool
    allows_derivatives: bool
    share_alike: bool


class Source(Struct, rename="camel"):
    id: Text
    name: Text
    description: Text
    logo_url: str
    license: Terms
    course_count: Int
    features: list[str]
    status: Text
    base_url: str
    provider: Text
    content_types: list[str]
    is_active: bool


class Sources(Struct):
    success: bool
    sources: list[Source]


class OneSource(Struct):
    success: bool
    source: Source


class Lecture(Struct):
    id: Text
    title: Text
    order: Int


class Course(Struct, rename="camel"):
    id: Text
    source_id: Text
    title: Text
    instructors: list[str]
    description: str
    level: str
    department: str
    semester: str
    features: list[dict[str, Any]]
    license: Terms
    thumbnail_url: str
    keywords: list[str]
    lectures: list[Lecture] | UnsetType = UNSET


class Pagination(Struct, rename="camel"):
    page: Int
    page_size: Int
    total: Int
    total_pages: Int


class Courses(Struct):
    success: bool
    courses: list[Course]
    pagination: Pagination
    filters: dict[str, list[str]]


class Found(Struct):
    success: bool
    courses: list[Course]


class OneCourse(Struct, rename="camel"):
    success: bool
    course: Course
    can_import: bool
    license_warnings: list[str]
    attribution: str


class Ordered(Struct, rename="camel"):
    success: bool
    job_id: Text
    status: Text


class Stage(Struct):
    id: Text
    name: Text
    status: Text
    progress: Number


class Import(Struct, rename="camel"):
    id: Text
    job_id: Text
    source_id: Text
    course_id: Text
    course_name: str
    config: dict[str, Any]
    status: Text
    overall_progress: Number
    current_stage: Text
    current_activity: str
    stage_progress: Number
    stages: list[Stage]
    log: list[dict[str, Any]]
    warnings: list[str]
    stats: dict[str, Int]
    created_at: Moment
    updated_at: Moment
    started_at: Moment


class OneImport(Struct):
    success: bool
    progress: Import


class Imports(Struct):
    success: bool
    jobs: list[Import]


class Status(Struct):
    success: bool
    courses: dict[str, dict[str, Any]]
    active_jobs: Int
    pending_jobs: Int
    completed_today: Int


class Upload(Struct, rename="camel"):
    id: Text
    source_id: Text
    course_id: Text
    name: Text
    title: Text
    topic_count: Int
    created_at: Moment


class OneUpload(Struct):
    success: bool
    upload: Upload


class Uploads(Struct):
    success: bool
    uploads: list[Upload]


def brought(teacher: ApiClient, body: bytes = markdown(), name: str = "book.md") -> Upload:
    answer = teacher.call("POST", "/api/import/uploads", query={"name": name}, body=body)
    return decode(answer, OneUpload, status=201).upload


def ordered(teacher: ApiClient, **body: object) -> str:
    made = decode(
        teacher.post("/api/import/jobs", {"sourceId": "samples", "courseId": "light-and-colour", **body}), Ordered
    )
    assert (made.success, made.status) == (True, "queued")
    return made.job_id


def test_sources_say_where_courses_come_from(teacher: ApiClient, nobody: ApiClient) -> None:
    sources = decode(teacher.get("/api/import/sources"), Sources).sources
    assert {source.id for source in sources} == {"samples", "upload", "web"}
    samples = decode(teacher.get("/api/import/sources/samples"), OneSource).source
    assert (samples.course_count, samples.license.type) == (3, "CC-BY")
    assert {one["id"] for one in android(teacher).get("/api/import/sources").body} == {s.id for s in sources}
    decode(teacher.get("/api/sources"), Sources)
    refused(teacher.get("/api/import/sources/nowhere"), 404, "not_found", flag=True)
    refused(nobody.get("/api/import/sources"), 401, "missing_token", flag=True)


def test_courses_are_paged_filtered_and_found(teacher: ApiClient) -> None:
    path = "/api/import/sources/samples/courses"
    page = decode(teacher.get(path, query={"page": "2", "pageSize": "2"}), Courses)
    assert (len(page.courses), page.pagination.total, page.pagination.total_pages) == (1, 3, 2)
    everything = decode(teacher.get(path), Courses)
    titles = [course.title for course in everything.courses]
    assert titles == sorted(titles, key=str.lower)
    assert decode(teacher.get(path, query={"sortOrder": "desc"}), Courses).courses[0].title == titles[-1]
    physics = decode(teacher.get(path, query={"subject": "physics"}), Courses)
    assert [course.id for course in physics.courses] == ["light-and-colour"]
    rainbow = decode(teacher.get(path, query={"search": "rainbow"}), Courses)
    assert [course.id for course in rainbow.courses] == ["light-and-colour"]
    found = decode(teacher.get("/api/import/sources/samples/search", query={"q": "RAINBOW", "limit": "1"}), Found)
    assert [course.id for course in found.courses] == ["light-and-colour"]
    decode(teacher.get("/api/sources/samples/courses"), Courses)
    assert isinstance(android(teacher).get(path).body, list)
    for query, field in (
        ({"page": "0"}, "page"),
        ({"pageSize": "101"}, "pageSize"),
        ({"sortOrder": "up"}, "sortOrder"),
    ):
        refused(teacher.get(path, query=query), 400, "invalid_input", field=field, flag=True)
    search = "/api/import/sources/samples/search"
    assert len(decode(teacher.get(search), Found).courses) == 3
    refused(teacher.get(search, query={"limit": "0"}), 400, "invalid_input", field="limit", flag=True)


def test_a_course_tells_its_topics_and_its_terms(teacher: ApiClient) -> None:
    path = "/api/import/sources/samples/courses"
    one = decode(teacher.get(f"{path}/light-and-colour"), OneCourse)
    assert one.can_import is True
    assert isinstance(one.course.lectures, list)
    assert len(one.course.lectures) == 5
    assert "CC BY 4.0" in one.attribution or "CC-BY-4.0" in one.attribution
    refused(teacher.get(f"{path}/nothing"), 404, "not_found", flag=True)
    refused(teacher.get(f"{path}/..%2F..%2Fsecret"), 404, "not_found", flag=True)


def test_the_web_is_not_a_way_into_our_network(teacher: ApiClient) -> None:
    for address in ("http://127.0.0.1/x", "http://169.254.169.254/latest", "http://localhost/", "file:///etc/passwd"):
        answer = teacher.post("/api/import/jobs", {"sourceId": "web", "courseId": address})
        refused(answer, 400, "url_refused", field="rule", flag=True)
    refused(teacher.get("/api/import/sources/web/courses/nothing"), 404, "not_found", flag=True)


@pytest.mark.parametrize("name", EVERY)
def test_files_are_brought_and_become_courses(teacher: ApiClient, name: str) -> None:
    upload = brought(teacher, EVERY[name], name)
    assert upload.topic_count >= 1
    one = decode(teacher.get(f"/api/import/sources/upload/courses/{upload.id}"), OneCourse)
    assert isinstance(one.course.lectures, list)
    assert len(one.course.lectures) == upload.topic_count
    assert upload.id in {u.id for u in decode(teacher.get("/api/import/uploads"), Uploads).uploads}
    assert teacher.delete(f"/api/import/uploads/{upload.id}").body == {"success": True, "removed": True}
    refused(teacher.delete(f"/api/import/uploads/{upload.id}"), 404, "not_found", flag=True)


@pytest.mark.parametrize(
    ("body", "code"), [(b"", "invalid_input"), (b"%PDF-1.7", "unsupported_content"), (b"PK\x03\x04", "invalid_archive")]
)
def test_what_is_no_book_is_not_kept(teacher: ApiClient, body: bytes, code: str) -> None:
    before = len(decode(teacher.get("/api/import/uploads"), Uploads).uploads)
    answer = teacher.call("POST", "/api/import/uploads", body=body)
    refused(answer, 400, code, field="file", flag=True)
    assert len(decode(teacher.get("/api/import/uploads"), Uploads).uploads) == before


def test_an_import_is_ordered_watched_and_cancelled(teacher: ApiClient) -> None:
    lectures = ["light-and-colour-topic-1"]
    job_id = ordered(teacher, outputName="Mine", selectedLectures=lectures, generateObjectives=True, includeExams=None)
    progress = decode(teacher.get(f"/api/import/jobs/{job_id}"), OneImport).progress
    assert (progress.status, progress.overall_progress, progress.course_name) == ("queued", 0, "Mine")
    assert [stage.id for stage in progress.stages] == [
        "downloading",
        "validating",
        "extracting",
        "enriching",
        "storing",
    ]
    assert (progress.config["selectedLectures"], progress.config["generateObjectives"]) == (lectures, True)
    assert job_id in {job.id for job in decode(teacher.get("/api/import/jobs"), Imports).jobs}
    assert job_id in {j.id for j in decode(teacher.get("/api/import/jobs", query={"status": "queued"}), Imports).jobs}
    assert teacher.delete(f"/api/import/jobs/{job_id}").body == {"success": True, "cancelled": True}
    assert decode(teacher.get(f"/api/import/jobs/{job_id}"), OneImport).progress.status == "cancelled"
    assert teacher.delete(f"/api/import/jobs/{job_id}").status == 200
    cancelled = decode(teacher.get("/api/import/jobs", query={"status": "cancelled"}), Imports).jobs
    assert job_id in {job.id for job in cancelled}
    assert isinstance(android(teacher).get("/api/import/jobs").body, list)
    refused(teacher.get("/api/import/jobs", query={"status": "lost"}), 400, "invalid_input", field="status", flag=True)


def test_the_older_family_orders_too(teacher: ApiClient) -> None:
    made = decode(teacher.post("/api/sources/samples/courses/ideas-that-count/import", {}), Ordered)
    assert decode(teacher.get(f"/api/import/jobs/{made.job_id}"), OneImport).progress.course_id == "ideas-that-count"


def test_an_order_asked_for_again_with_its_key_is_one(teacher: ApiClient) -> None:
    body = {"sourceId": "samples", "courseId": "light-and-colour"}
    first, second = (teacher.post("/api/import/jobs", body, headers={"Idempotency-Key": "k1"}) for _ in range(2))
    assert first.body == second.body


@pytest.mark.parametrize(
    ("body", "status", "code", "field"),
    [
        ({}, 400, "invalid_input", "sourceId"),
        ({"sourceId": "samples"}, 400, "invalid_input", "courseId"),
        ({"sourceId": "samples", "courseId": ""}, 400, "invalid_input", "courseId"),
        ({"sourceId": "samples", "courseId": "x", "selectedLectures": "all"}, 400, "invalid_input", "selectedLectures"),
        ({"sourceId": "samples", "courseId": "nothing"}, 404, "not_found", None),
        ({"sourceId": "nowhere", "courseId": "x"}, 404, "not_found", None),
        ({"sourceId": "upload", "courseId": "x"}, 404, "not_found", None),
        ({"sourceId": "upload", "courseId": new_id()}, 404, "not_found", None),
    ],
)
def test_a_bad_order_is_named(teacher: ApiClient, body: object, status: int, code: str, field: str | None) -> None:
    refused(teacher.post("/api/import/jobs", body), status, code, field=field, flag=True)


def test_a_licence_that_allows_no_lessons_is_respected(teacher: ApiClient) -> None:
    upload = brought(teacher, markdown(facts="license: CC BY-NC-ND 4.0"))
    one = decode(teacher.get(f"/api/import/sources/upload/courses/{upload.id}"), OneCourse)
    assert one.can_import is False
    assert any("no lessons" in warning for warning in one.license_warnings)
    answer = teacher.post("/api/import/jobs", {"sourceId": "upload", "courseId": upload.id})
    refused(answer, 403, "license_restriction", flag=True)
    assert answer.body["licenseRestriction"] is True


def test_what_is_imported_is_told_by_course(world: World, teacher: ApiClient) -> None:
    course = new_id()
    store_light(world.database, TenantEntry(ALPHA_TENANT))
    with world.database.unit(TenantEntry(ALPHA_TENANT)) as unit:
        CourseImportRepository(unit).imported(
            new_id(), source_id="web", course_id=course, curriculum_id="light", revision="r"
        )
    status = decode(
        teacher.get("/api/import/status", query={"source_id": "web", "course_ids": f"{course},other"}), Status
    )
    assert status.courses[course]["curriculumId"] == "light"
    assert status.courses[course]["imported"] is True
    assert status.courses["other"] == {"imported": False}
    assert decode(teacher.get("/api/import/status"), Status).courses == {}


def test_learners_import_nothing(learner: ApiClient, teacher: ApiClient) -> None:
    body = {"sourceId": "samples", "courseId": "light-and-colour"}
    for answer in (
        learner.get("/api/import/sources"),
        learner.get("/api/import/sources/samples/courses"),
        learner.post("/api/import/jobs", body),
        learner.get("/api/import/uploads"),
        learner.call("POST", "/api/import/uploads", body=umcf()),
    ):
        refused(answer, 403, "not_an_author", flag=True)
    job_id = ordered(teacher)
    refused(learner.get(f"/api/import/jobs/{job_id}"), 404, "not_found", flag=True)
    refused(learner.delete(f"/api/import/jobs/{job_id}"), 404, "not_found", flag=True)
    assert decode(learner.get("/api/import/jobs"), Imports).jobs == []


def test_another_tenants_imports_do_not_exist(world: World, teacher: ApiClient) -> None:
    stranger = world.person("teacher", tenant_id=BETA_TENANT)
    upload, job_id = brought(teacher), ordered(teacher)
    refused(stranger.get(f"/api/import/jobs/{job_id}"), 404, "not_found", flag=True)
    refused(stranger.delete(f"/api/import/jobs/{job_id}"), 404, "not_found", flag=True)
    refused(stranger.get(f"/api/import/sources/upload/courses/{upload.id}"), 404, "not_found", flag=True)
    refused(
        stranger.post("/api/import/jobs", {"sourceId": "upload", "courseId": upload.id}), 404, "not_found", flag=True
    )
    refused(stranger.delete(f"/api/import/uploads/{upload.id}"), 404, "not_found", flag=True)
    assert json.dumps(stranger.get("/api/import/jobs").body).count(job_id) == 0


def test_a_job_of_another_kind_is_no_import(teacher: ApiClient, world: World) -> None:
    own = brought(teacher, umcf(), "things.umcf")
    assert own.title == "Things"
    refused(teacher.get(f"/api/import/jobs/{new_id()}"), 404, "not_found", flag=True)
    refused(teacher.get("/api/import/jobs/nothing"), 404, "not_found", flag=True)
    del world
