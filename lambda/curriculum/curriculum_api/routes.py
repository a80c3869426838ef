"""Curricula over HTTP."""

from typing import Any

from curriculum_api.models import (
    LONGEST_PAGE,
    LONGEST_QUERY,
    MOST_SUGGESTIONS,
    CurriculumDetail,
    CurriculumList,
    ListCurricula,
    Reloaded,
    Suggest,
    Suggestions,
    Summary,
    Transcript,
)
from curriculum_api.pictures import asset_data, link, links_of
from curriculum_api.rules import detail, page_of, summary, transcript
from shared.api import Access, PerClient, Request, Routes
from shared.api.revisions import tag
from shared.domain.curriculum_files import assets_of
from shared.domain.curriculum_phones import for_phones
from shared.repositories.assets import AssetRepository
from shared.repositories.curricula import CurriculumFilter, CurriculumRepository
from shared.repositories.topics import TopicRepository

routes = Routes("curriculum")
routes.part("curriculum_api.authoring_routes", "/api/curricula")
routes.part("curriculum_api.archive_routes", "/api/curricula/archived", "/api/curricula/{curriculum_id}/archive")
routes.part(
    "curriculum_api.asset_routes", "/api/curricula/{curriculum_id}/topics/{topic_id}/assets", "/assets/curriculum"
)
routes.part(
    "curriculum_api.discovery_routes", "/api/curricula/subjects", "/api/curricula/topics", "/api/curricula/progress"
)
routes.part("curriculum_api.list_routes", "/api/lists")
routes.part("curriculum_api.media_routes", "/api/media")


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
    tag(request, row.result.revision)
    return detail(row.result, topics.result)


@routes.get("/api/curricula/{curriculum_id}/full", access=Access.CLIENT)
def get_document(request: Request, curriculum_id: str) -> dict[str, Any]:
    """Return the UMCF document, normalised for the phones."""
    with request.unit() as unit:
        stored = CurriculumRepository(unit).document(curriculum_id)
        files = AssetRepository(unit).facts(curriculum_id)
    served = for_phones(stored.result.document)
    link(assets_of(served), files.result, links_of(request))
    tag(request, stored.result.revision)
    return served


@routes.get("/api/curricula/{curriculum_id}/full-with-assets", access=Access.CLIENT)
def get_document_with_assets(request: Request, curriculum_id: str) -> dict[str, Any]:
    """Return the UMCF document and the files of its visual assets, as far as one answer holds them."""
    with request.unit() as unit:
        stored = CurriculumRepository(unit).document(curriculum_id)
        files = AssetRepository(unit).of_curriculum(curriculum_id)
    served = for_phones(stored.result.document)
    link(assets_of(served), files.result, links_of(request))
    return {**served, "assetData": asset_data(served, files.result, request.context.objects)}


@routes.get("/api/curricula/{curriculum_id}/topics/{topic_id}/transcript", access=Access.CLIENT)
def get_transcript(request: Request, curriculum_id: str, topic_id: str) -> Transcript:
    """Return what is said in a topic."""
    with request.unit() as unit:
        topic = TopicRepository(unit).get(curriculum_id, topic_id)
        files = AssetRepository(unit).facts(curriculum_id)
    link([*topic.result.embedded, *topic.result.reference], files.result, links_of(request))
    return transcript(topic.result)


@routes.post("/api/curricula/suggest", access=Access.CLIENT)
def suggest(request: Request, body: Suggest) -> Suggestions:
    """Return the curricula that match a learner's words, best first; none is an empty list."""
    with request.unit() as unit:
        found = CurriculumRepository(unit).suggest(body.query[:LONGEST_QUERY], most=MOST_SUGGESTIONS)
    return Suggestions(curriculum_ids=found.result)


@routes.post("/api/curricula/reload", access=Access.CLIENT)
def reload_curricula(request: Request) -> PerClient:
    """Return how many curricula there are, to Android all of them; being read each time, none needs to be reloaded."""
    everything = CurriculumFilter()
    with request.unit() as unit:
        total = CurriculumRepository(unit).count(everything)
        CurriculumRepository(unit).tell_reloaded()

    def all_of_them() -> list[Summary]:
        with request.unit() as unit:
            rows = CurriculumRepository(unit).page(everything, limit=LONGEST_PAGE, offset=0)
        return [summary(row) for row in rows.result]

    count = total.result
    told = Reloaded(status="ok", message=f"{count} curricula are up to date", count=count, curricula_count=count)
    return PerClient(told, all_of_them)
