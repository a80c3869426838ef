"""Curricula over HTTP."""

from typing import Any, Final

from curriculum_api.models import (
    LONGEST_QUERY,
    MOST_SUGGESTIONS,
    CurriculumDetail,
    CurriculumList,
    ListCurricula,
    Reloaded,
    Suggest,
    Suggestions,
    TopicAssets,
    Transcript,
)
from curriculum_api.rules import detail, document_with_assets, page_of, summary, topic_assets, transcript
from shared.api import Access, Reply, Request, Routes
from shared.domain.curriculum_phones import for_phones
from shared.repositories.assets import AssetRepository
from shared.repositories.curricula import CurriculumFilter, CurriculumRepository
from shared.repositories.topics import TopicRepository

routes = Routes("curriculum")

# A picture is only ever looked at: opened on its own it runs nothing, loads nothing and has no origin.
PICTURE_HEADERS: Final = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; sandbox",
    "Cache-Control": "private, max-age=86400",
}


@routes.get("/api/curricula", access=Access.CLIENT)
def list_curricula(request: Request, query: ListCurricula) -> CurriculumList:
    """Return the curricula the caller may read, by title."""
    wanted = CurriculumFilter(status=query.status, difficulty=query.difficulty, search=query.search)
    limit, offset = page_of(query)
    with request.unit() as unit:
        rows = CurriculumRepository(unit).page(wanted, limit=limit, offset=offset)
        total = CurriculumRepository(unit).count(wanted)
    return CurriculumList(curricula=[summary(row) for row in rows.result], total=total.result)


@routes.get("/api/curricula/{curriculum_id}", access=Access.CLIENT)
def get_curriculum(request: Request, curriculum_id: str) -> CurriculumDetail:
    """Return one curriculum and its topics."""
    with request.unit() as unit:
        row = CurriculumRepository(unit).get(curriculum_id)
        topics = TopicRepository(unit).of_curriculum(curriculum_id)
    return detail(row.result, topics.result)


@routes.get("/api/curricula/{curriculum_id}/full", access=Access.CLIENT)
def get_document(request: Request, curriculum_id: str) -> dict[str, Any]:
    """Return the UMCF document, normalised for the phones."""
    with request.unit() as unit:
        stored = CurriculumRepository(unit).document(curriculum_id)
    return for_phones(stored.result.document)


@routes.get("/api/curricula/{curriculum_id}/full-with-assets", access=Access.CLIENT)
def get_document_with_assets(request: Request, curriculum_id: str) -> dict[str, Any]:
    """Return the UMCF document and the files of its visual assets."""
    with request.unit() as unit:
        stored = CurriculumRepository(unit).document(curriculum_id)
        assets = AssetRepository(unit).of_curriculum(curriculum_id)
    return document_with_assets(stored.result.document, assets.result)


@routes.get("/api/curricula/{curriculum_id}/topics/{topic_id}/transcript", access=Access.CLIENT)
def get_transcript(request: Request, curriculum_id: str, topic_id: str) -> Transcript:
    """Return what is said in a topic."""
    with request.unit() as unit:
        topic = TopicRepository(unit).get(curriculum_id, topic_id)
    return transcript(topic.result)


@routes.get("/api/curricula/{curriculum_id}/topics/{topic_id}/assets", access=Access.CLIENT)
def get_topic_assets(request: Request, curriculum_id: str, topic_id: str) -> TopicAssets:
    """Return the visual assets of a topic."""
    with request.unit() as unit:
        topic = TopicRepository(unit).get(curriculum_id, topic_id)
    return TopicAssets(assets=topic_assets(topic.result))


@routes.post("/api/curricula/suggest", access=Access.CLIENT)
def suggest(request: Request, body: Suggest) -> Suggestions:
    """Return the curricula that match a learner's words, best first; none is an empty list."""
    with request.unit() as unit:
        found = CurriculumRepository(unit).suggest(body.query[:LONGEST_QUERY], most=MOST_SUGGESTIONS)
    return Suggestions(curriculum_ids=found.result)


@routes.post("/api/curricula/reload", access=Access.CLIENT)
def reload_curricula(request: Request) -> Reloaded:
    """Return how many curricula there are: they are read from the database, so nothing needs to be reloaded."""
    with request.unit() as unit:
        total = CurriculumRepository(unit).count(CurriculumFilter())
    count = total.result
    return Reloaded(status="ok", message=f"{count} curricula are up to date", count=count, curricula_count=count)


@routes.get("/assets/curriculum/{curriculum_id}/{file_name}", access=Access.CLIENT)
def get_asset(request: Request, curriculum_id: str, file_name: str) -> Reply:
    """Return the file of a visual asset; 304 when the caller has it already."""
    with request.unit() as unit:
        asset = AssetRepository(unit).get(curriculum_id, file_name)
    file = asset.result
    headers = {**PICTURE_HEADERS, "ETag": f'"{file.sha256}"', "Content-Type": file.content_type}
    if headers["ETag"] in request.http.headers.get("if-none-match", ""):
        return Reply(b"", 304, headers)
    return Reply(file.body, headers=headers)
