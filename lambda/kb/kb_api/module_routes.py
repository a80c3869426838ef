"""Training modules over HTTP: what there is, downloads, a tenant's decisions, and packs filled from a module."""

from typing import Final

from kb_api.module_models import (
    ChangeModule,
    DownloadModule,
    ImportedFromModule,
    ImportFromModule,
    ListModules,
    ModuleContent,
    ModuleDecision,
    ModuleDetail,
    ModuleList,
    Synced,
)
from kb_api.module_rules import difficulty_for, module_content, module_detail, module_item
from kb_api.pack_routes import is_trusted
from shared.api import Access, Request, Routes
from shared.clock import utc_now
from shared.domain.knowledge import canonical_domain
from shared.domain.modules import KNOWLEDGE_BOWL, MODULES, Module
from shared.errors import Forbidden, NotFound
from shared.repositories.authors import require_author
from shared.repositories.domains import QuestionDomainRepository
from shared.repositories.modules import ModuleRepository, ModuleSettings
from shared.repositories.pack_edits import PackEdits
from shared.repositories.questions import QuestionRepository
from shared.version import VERSION

routes = Routes("kb")

# An answer must fit into what a Lambda may return, 6 MB.
MOST_QUESTIONS: Final = 4_000


@routes.get("/api/modules", access=Access.CLIENT)
def list_modules(request: Request, query: ListModules) -> ModuleList:
    """Return every module the caller's tenant has not switched off, or all of them."""
    with request.unit() as unit:
        decided = ModuleRepository(unit).settings()
        sizes = ModuleRepository(unit).sizes()
    items = [module_item(module, _decision(decided.result, module), sizes.result) for module in MODULES.values()]
    shown = [item for item in items if item.enabled or query.include_disabled]
    return ModuleList(modules=shown, server_version=VERSION, total=len(shown))


@routes.get("/api/modules/{module_id}", access=Access.CLIENT)
def get_module(request: Request, module_id: str) -> ModuleDetail:
    """Return one module."""
    module = _known(module_id)
    with request.unit() as unit:
        decided = ModuleRepository(unit).settings()
        sizes = ModuleRepository(unit).sizes()
        domains = QuestionDomainRepository(unit).all()
    return module_detail(module, _decision(decided.result, module), sizes.result, domains.result)


@routes.post("/api/modules/{module_id}/download", access=Access.CLIENT, replayable=False)
def download_module(request: Request, module_id: str, body: DownloadModule) -> ModuleContent:
    """Return a whole module, as the client that asks decodes it; 403 where the tenant switched it off."""
    module = _known(module_id)
    with request.unit() as unit:
        decided = ModuleRepository(unit).settings()
        questions = ModuleRepository(unit).questions(most=MOST_QUESTIONS)
        domains = QuestionDomainRepository(unit).all()
    decision = _decision(decided.result, module)
    if decision is not None and not decision.enabled:
        raise Forbidden(f"module {module_id} is switched off", code="module_disabled")
    told = body.module_id is not None or body.include_audio is not None
    return module_content(
        module,
        decision,
        questions.result,
        domains.result,
        difficulty=difficulty_for(request.client.user_agent, told=told),
        now=utc_now(),
    )


@routes.patch("/api/modules/{module_id}/settings", access=Access.CLIENT)
def change_module(request: Request, module_id: str, body: ChangeModule) -> ModuleDecision:
    """Switch a module or some of its features on or off for the caller's tenant."""
    module = _known(module_id)
    features = body.feature_overrides
    overrides = {
        name: value
        for name in (features.__struct_fields__ if features else ())
        if (value := getattr(features, name)) is not None
    }
    with request.unit() as unit:
        require_author(unit, trusted=is_trusted(request))
        decided = ModuleRepository(unit).decide(module_id, enabled=body.enabled, overrides=overrides)
    now = decided.result
    return ModuleDecision(
        module_id=module_id,
        enabled=now.enabled,
        feature_overrides=now.feature_overrides,
        effective_features=module.effective(now.feature_overrides),
    )


@routes.post("/api/kb/import-from-module", access=Access.CLIENT)
def import_from_module(request: Request, body: ImportFromModule) -> ImportedFromModule:
    """Put the module's questions, or some of them, into a pack of the caller's tenant."""
    domains = None if body.domains is None else [canonical_domain(domain) for domain in body.domains]
    with request.unit() as unit:
        require_author(unit, trusted=is_trusted(request))
        PackEdits(unit).hold(body.pack_id)
        wanted = ModuleRepository(unit).count(domains=domains, difficulties=body.difficulties)
        added = ModuleRepository(unit).put_into(body.pack_id, domains=domains, difficulties=body.difficulties)
        PackEdits(unit).refuse_unfit(body.pack_id)
    return ImportedFromModule(imported_count=len(added.result), skipped_count=wanted.result - len(added.result))


@routes.post("/api/kb/sync-to-database", access=Access.CLIENT)
def sync_to_database(request: Request) -> Synced:
    """Tell what the database holds: here modules live in it, so that there is never anything to bring over."""
    with request.unit() as unit:
        require_author(unit, trusted=is_trusted(request))
        module = ModuleRepository(unit).count(domains=None, difficulties=None)
        counts = QuestionRepository(unit).by_domain()
    return Synced(
        imported_count=0,
        module_questions=module.result,
        importer_questions=0,
        total_questions=sum(counts.result.values()),
        domain_counts=counts.result,
    )


def _known(module_id: str) -> Module:
    if module_id not in MODULES:
        raise NotFound(f"module {module_id[:100]} not found")
    return MODULES[module_id]


def _decision(decided: list[ModuleSettings], module: Module = KNOWLEDGE_BOWL) -> ModuleSettings | None:
    return next((settings for settings in decided if settings.module_id == module.id), None)
