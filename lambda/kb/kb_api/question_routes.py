"""Questions over HTTP: reading and writing one, and changing many at once."""

from msgspec import UNSET

from kb_api.edit_models import BulkUpdate, BulkUpdated, ChangeQuestion, CreateQuestion, Done, given
from kb_api.models import FARTHEST_OFFSET, LONGEST_PAGE, ListQuestions, QuestionDetail, QuestionList
from kb_api.pack_routes import is_trusted
from kb_api.rules import new_question_id, question_filter, question_item
from shared.api import Access, Request, Routes
from shared.api.revisions import seen_revision, tag
from shared.domain.knowledge import canonical_domain, question_row
from shared.errors import InvalidInput
from shared.repositories.authors import require_author
from shared.repositories.question_edits import QuestionEdits
from shared.repositories.questions import QuestionRepository

routes = Routes("kb")


@routes.get("/api/kb/questions", access=Access.CLIENT)
def list_questions(request: Request, query: ListQuestions) -> QuestionList:
    """Return one page of the questions the caller may read."""
    wanted = question_filter(query)
    limit, offset = min(query.limit, LONGEST_PAGE), min(query.offset, FARTHEST_OFFSET)
    with request.unit() as unit:
        questions = QuestionRepository(unit).page(wanted, limit=limit, offset=offset)
        total = QuestionRepository(unit).count(wanted)
    items = [question_item(question) for question in questions.result]
    return QuestionList(questions=items, total=total.result, limit=limit, offset=offset)


@routes.post("/api/kb/questions", access=Access.CLIENT)
def create_question(request: Request, body: CreateQuestion) -> QuestionDetail:
    """Make a question in the caller's tenant, and put it into packs of it."""
    row = question_row(given(body, without=("pack_ids",)))
    question_id = new_question_id(row["domain_id"], body.subcategory or "")
    with request.unit() as unit:
        require_author(unit, trusted=is_trusted(request))
        QuestionRepository(unit).store([{**row, "id": question_id}])
        if body.pack_ids:
            QuestionEdits(unit).put_into(question_id, body.pack_ids, only=False)
        question = QuestionRepository(unit).get(question_id)
    tag(request, question.result.revision)
    return QuestionDetail(question=question_item(question.result))


@routes.get("/api/kb/questions/{question_id}", access=Access.CLIENT)
def get_question(request: Request, question_id: str) -> QuestionDetail:
    """Return one question the caller may read."""
    with request.unit() as unit:
        question = QuestionRepository(unit).get(question_id)
    tag(request, question.result.revision)
    return QuestionDetail(question=question_item(question.result))


@routes.put("/api/kb/questions/{question_id}", access=Access.CLIENT)
@routes.patch("/api/kb/questions/{question_id}", access=Access.CLIENT)
def change_question(request: Request, question_id: str, body: ChangeQuestion) -> QuestionDetail:
    """Change a question of the caller's tenant; a change on top of one its writer has not seen is refused."""
    seen = seen_revision(request, body.revision)
    fields = given(body, without=("pack_ids", "revision"))
    row = question_row({"domain_id": "", **fields})
    row["domain_id"] = canonical_domain(body.domain_id) if body.domain_id else None
    with request.unit() as unit:
        require_author(unit, trusted=is_trusted(request))
        QuestionEdits(unit).hold(question_id, seen=seen)
        if fields:
            QuestionEdits(unit).change([question_id], {key: value for key, value in row.items() if value is not None})
        if body.pack_ids is not None:
            QuestionEdits(unit).put_into(question_id, body.pack_ids, only=True)
        question = QuestionRepository(unit).get(question_id)
    tag(request, question.result.revision)
    return QuestionDetail(question=question_item(question.result))


@routes.delete("/api/kb/questions/{question_id}", access=Access.CLIENT)
def delete_question(request: Request, question_id: str) -> Done:
    """Delete a question of the caller's tenant; it leaves every pack."""
    seen = seen_revision(request, None)
    with request.unit() as unit:
        require_author(unit, trusted=is_trusted(request))
        QuestionEdits(unit).hold(question_id, seen=seen)
        QuestionEdits(unit).remove(question_id)
    return Done()


@routes.post("/api/kb/questions/bulk-update", access=Access.CLIENT)
def update_questions(request: Request, body: BulkUpdate) -> BulkUpdated:
    """Give many questions of the caller's tenant the same new values; those it does not have are named."""
    updates = given(body.updates)
    if not updates:
        expected = "at least one of difficulty, status, question_type, difficulty_tier, question_source"
        raise InvalidInput(f"updates: {expected}", details={"updates": expected})
    wanted = list(dict.fromkeys(body.question_ids))
    with request.unit() as unit:
        require_author(unit, trusted=is_trusted(request))
        changed = QuestionEdits(unit).change(wanted, updates)
    own = set(changed.result)
    missing = [f"question {question_id} not found" for question_id in wanted if question_id not in own]
    return BulkUpdated(success=True, affected_count=len(own), errors=missing or UNSET)
