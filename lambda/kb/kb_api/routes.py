"""Knowledge bowl over HTTP: packs, their questions, and the domains."""

from kb_api.models import (
    FARTHEST_OFFSET,
    LONGEST_PAGE,
    DomainList,
    ListPacks,
    ListQuestions,
    PackDetail,
    PackList,
    PackQuestions,
    QuestionDetail,
    QuestionList,
)
from kb_api.rules import domain_item, pack_detail, pack_item, question_filter, question_item
from shared.api import Access, Request, Routes
from shared.repositories.domains import QuestionDomainRepository
from shared.repositories.packs import PackFilter, PackRepository
from shared.repositories.questions import QuestionRepository

routes = Routes("kb", success_flag=True)


@routes.get("/api/kb/packs", access=Access.CLIENT)
def list_packs(request: Request, query: ListPacks) -> PackList:
    """Return one page of the question packs the caller may read."""
    wanted = PackFilter(type=query.type, status=query.status, search=query.search)
    limit, offset = min(query.limit, LONGEST_PAGE), min(query.offset, FARTHEST_OFFSET)
    with request.unit() as unit:
        packs = PackRepository(unit).page(wanted, limit=limit, offset=offset)
        total = PackRepository(unit).count(wanted)
    return PackList(packs=[pack_item(pack) for pack in packs.result], total=total.result, limit=limit, offset=offset)


@routes.get("/api/kb/packs/{pack_id}", access=Access.CLIENT)
def get_pack(request: Request, pack_id: str) -> PackDetail:
    """Return one question pack the caller may read."""
    with request.unit() as unit:
        pack = PackRepository(unit).get(pack_id)
        domains = QuestionDomainRepository(unit).all()
    return pack_detail(pack.result, domains.result)


@routes.get("/api/kb/packs/{pack_id}/questions", access=Access.CLIENT)
def get_pack_questions(request: Request, pack_id: str) -> PackQuestions:
    """Return all questions of a pack in its order."""
    with request.unit() as unit:
        PackRepository(unit).require(pack_id)
        questions = QuestionRepository(unit).of_pack(pack_id)
    items = [question_item(question) for question in questions.result]
    return PackQuestions(questions=items, total=len(items))


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


@routes.get("/api/kb/questions/{question_id}", access=Access.CLIENT)
def get_question(request: Request, question_id: str) -> QuestionDetail:
    """Return one question the caller may read."""
    with request.unit() as unit:
        question = QuestionRepository(unit).get(question_id)
    return QuestionDetail(question=question_item(question.result))


@routes.get("/api/kb/domains", access=Access.CLIENT)
def list_domains(request: Request) -> DomainList:
    """Return the domains questions belong to."""
    with request.unit() as unit:
        domains = QuestionDomainRepository(unit).all()
    return DomainList(domains=[domain_item(domain) for domain in domains.result])
