"""Packs over HTTP: reading, writing and what they hold."""

import os

from kb_api.edit_models import (
    AddQuestions,
    ChangePack,
    CreatePack,
    Done,
    DuplicatePack,
    PackAnswer,
    PackGone,
    QuestionsAdded,
    given,
)
from kb_api.models import (
    FARTHEST_OFFSET,
    LONGEST_PAGE,
    ListPacks,
    PackDetail,
    PackList,
    PackQuestions,
    PageOfPack,
)
from kb_api.rules import pack_detail, pack_fields, pack_item, question_item
from shared.api import Access, Request, Routes
from shared.api.revisions import seen_revision, tag
from shared.repositories.authors import require_author
from shared.repositories.bundles import BundleRepository
from shared.repositories.domains import QuestionDomainRepository
from shared.repositories.pack_edits import PackEdits
from shared.repositories.packs import PackFilter, PackRepository
from shared.repositories.questions import QuestionRepository

routes = Routes("kb")


def new_pack_id() -> str:
    """Return an id for a pack, as the clients know them: `pack-` and eight hexadecimal digits."""
    return f"pack-{os.urandom(4).hex()}"


def is_trusted(request: Request) -> bool:
    """Tell whether the caller comes over a trusted network without accounts, where everybody writes content."""
    return request.caller.kind == "open"


@routes.get("/api/kb/packs", access=Access.CLIENT)
def list_packs(request: Request, query: ListPacks) -> PackList:
    """Return one page of the question packs the caller may read."""
    wanted = PackFilter(type=query.type, status=query.status, search=query.search)
    limit, offset = min(query.limit, LONGEST_PAGE), min(query.offset, FARTHEST_OFFSET)
    with request.unit() as unit:
        packs = PackRepository(unit).page(wanted, limit=limit, offset=offset)
        total = PackRepository(unit).count(wanted)
    return PackList(packs=[pack_item(pack) for pack in packs.result], total=total.result, limit=limit, offset=offset)


@routes.post("/api/kb/packs", access=Access.CLIENT)
def create_pack(request: Request, body: CreatePack) -> PackAnswer:
    """Make a pack in the caller's tenant; only operators make system packs, in the shared tenant."""
    pack_id = new_pack_id()
    with request.unit() as unit:
        require_author(unit, trusted=is_trusted(request))
        PackEdits(unit).add(pack_id, given(body))
        if body.question_ids:
            PackEdits(unit).add_questions(pack_id, body.question_ids)
        pack = PackRepository(unit).get(pack_id)
    tag(request, pack.result.revision)
    return PackAnswer(pack=pack_fields(pack.result))


@routes.get("/api/kb/packs/{pack_id}", access=Access.CLIENT)
def get_pack(request: Request, pack_id: str) -> PackDetail:
    """Return one question pack the caller may read."""
    with request.unit() as unit:
        pack = PackRepository(unit).get(pack_id)
        domains = QuestionDomainRepository(unit).all()
    tag(request, pack.result.revision)
    return pack_detail(pack.result, domains.result)


@routes.put("/api/kb/packs/{pack_id}", access=Access.CLIENT)
@routes.patch("/api/kb/packs/{pack_id}", access=Access.CLIENT)
def change_pack(request: Request, pack_id: str, body: ChangePack) -> PackAnswer:
    """Change a pack of the caller's tenant; a change on top of one its writer has not seen is refused."""
    seen = seen_revision(request, body.revision)
    with request.unit() as unit:
        require_author(unit, trusted=is_trusted(request))
        PackEdits(unit).hold(pack_id, seen=seen)
        PackEdits(unit).change(pack_id, given(body))
        if body.source_pack_ids:
            BundleRepository(unit).require_sources(body.source_pack_ids)
            BundleRepository(unit).follow(pack_id, body.source_pack_ids)
        pack = PackRepository(unit).get(pack_id)
    tag(request, pack.result.revision)
    return PackAnswer(pack=pack_fields(pack.result))


@routes.delete("/api/kb/packs/{pack_id}", access=Access.CLIENT)
def delete_pack(request: Request, pack_id: str) -> PackGone:
    """Delete a pack of the caller's tenant; its questions stay. System packs cannot be deleted."""
    seen = seen_revision(request, None)
    with request.unit() as unit:
        require_author(unit, trusted=is_trusted(request))
        PackEdits(unit).hold(pack_id, seen=seen)
        PackEdits(unit).remove(pack_id)
    return PackGone(pack_id=pack_id)


@routes.get("/api/kb/packs/{pack_id}/questions", access=Access.CLIENT)
def get_pack_questions(request: Request, pack_id: str, query: PageOfPack) -> PackQuestions:
    """Return a pack's questions in its order, all of them unless told otherwise."""
    with request.unit() as unit:
        pack = PackRepository(unit).get(pack_id)
        questions = QuestionRepository(unit).of_pack(
            pack_id, limit=query.limit, offset=min(query.offset, FARTHEST_OFFSET)
        )
    items = [question_item(question) for question in questions.result]
    return PackQuestions(questions=items, total=len(pack.result.question_ids))


@routes.post("/api/kb/packs/{pack_id}/questions", access=Access.CLIENT)
def add_pack_questions(request: Request, pack_id: str, body: AddQuestions) -> QuestionsAdded:
    """Put questions behind those a pack holds; all of them or, where one is unknown, none."""
    with request.unit() as unit:
        require_author(unit, trusted=is_trusted(request))
        PackEdits(unit).hold(pack_id)
        added = PackEdits(unit).add_questions(pack_id, body.question_ids)
    return QuestionsAdded(added_count=len(added.result), added_ids=added.result)


@routes.delete("/api/kb/packs/{pack_id}/questions/{question_id}", access=Access.CLIENT)
def remove_pack_question(request: Request, pack_id: str, question_id: str) -> Done:
    """Take a question out of a pack; the question itself stays."""
    with request.unit() as unit:
        require_author(unit, trusted=is_trusted(request))
        PackEdits(unit).hold(pack_id)
        PackEdits(unit).remove_question(pack_id, question_id)
    return Done()


@routes.post("/api/kb/packs/{pack_id}/duplicate", access=Access.CLIENT)
def duplicate_pack(request: Request, pack_id: str, body: DuplicatePack) -> PackAnswer:
    """Copy a pack the caller may read into a draft of their tenant's own; it holds the same questions."""
    copy_id = new_pack_id()
    with request.unit() as unit:
        require_author(unit, trusted=is_trusted(request))
        PackRepository(unit).require(pack_id)
        PackEdits(unit).copy(pack_id, copy_id, name=body.name)
        pack = PackRepository(unit).get(copy_id)
    tag(request, pack.result.revision)
    return PackAnswer(pack=pack_fields(pack.result))
