"""The domains of questions over HTTP, and what the database holds."""

from kb_api.edit_models import CreateCategory, CreateDomain, DatabaseStatus
from kb_api.models import CategoryAnswer, CategoryItem, DomainAnswer, DomainList
from kb_api.pack_routes import is_trusted
from kb_api.rules import domain_item
from shared.api import Access, Request, Routes
from shared.domain.knowledge import canonical_domain
from shared.repositories.authors import require_author
from shared.repositories.domains import QuestionDomainRepository
from shared.repositories.questions import QuestionRepository

routes = Routes("kb")


@routes.get("/api/kb/domains", access=Access.CLIENT)
def list_domains(request: Request) -> DomainList:
    """Return the domains questions belong to."""
    with request.unit() as unit:
        domains = QuestionDomainRepository(unit).all()
    return DomainList(domains=[domain_item(domain) for domain in domains.result])


@routes.post("/api/kb/domains", access=Access.CLIENT)
def create_domain(request: Request, body: CreateDomain) -> DomainAnswer:
    """Make a domain of the caller's tenant, behind those there are."""
    domain_id = canonical_domain(body.id or body.name.replace(" ", "_"))
    with request.unit() as unit:
        require_author(unit, trusted=is_trusted(request))
        QuestionDomainRepository(unit).add(
            domain_id,
            name=body.name,
            icon_name=body.icon_name or "",
            weight=body.weight or 0.0,
            subcategories=body.subcategories or [],
        )
        domain = QuestionDomainRepository(unit).get(domain_id)
    return DomainAnswer(domain=domain_item(domain.result))


@routes.post("/api/kb/categories", access=Access.CLIENT)
def create_category(request: Request, body: CreateCategory) -> CategoryAnswer:
    """Add a subcategory to a domain; a shared domain gets one of the tenant's own in its place."""
    domain_id = canonical_domain(body.domain_id)
    with request.unit() as unit:
        require_author(unit, trusted=is_trusted(request))
        QuestionDomainRepository(unit).add_subcategory(domain_id, body.name)
        domain = QuestionDomainRepository(unit).get(domain_id)
    return CategoryAnswer(
        category=CategoryItem(domain_id=domain.result.id, name=body.name), domain=domain_item(domain.result)
    )


@routes.get("/api/kb/database-status", access=Access.CLIENT)
def database_status(request: Request) -> DatabaseStatus:
    """Tell how many questions the caller can read, by domain."""
    with request.unit() as unit:
        counts = QuestionRepository(unit).by_domain()
    total = sum(counts.result.values())
    return DatabaseStatus(total_questions=total, domain_counts=counts.result, message=f"{total} questions")
