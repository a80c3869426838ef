"""Imports in a deployment: its sources, its routes' desk, and the handlers of its jobs."""

from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from typing import Final

from core.components import Components
from core.fetching.fetcher import Fetcher, Limits
from core.fetching.names import SystemNames
from core.imports.desk import ImportDesk
from core.imports.enriching import HireModel
from core.imports.importing import CourseImport, Workshop
from core.imports.registry import BUILT_IN, Plugins
from core.imports.reprocessing import CurriculumReprocess
from core.imports.settings import ImportSettings
from core.imports.sources.library import library_plugin
from core.imports.sources.port import Plugin
from core.jobs.port import JobHandler
from core.metering.budgets import BudgetMetering
from core.pipeline.conversations import Visit
from core.providers import Providers
from core.providers.llm.port import LanguageModel
from shared.auth.caller import Caller
from shared.storage.objects import open_place
from shared.storage.port import ObjectStore

# Somebody waits for a request, and a request that waits is in the way of others; nobody waits for a job.
_FOR_A_REQUEST: Final = Limits(seconds=15.0, at_once=4)
_FOR_A_JOB: Final = Limits(seconds=300.0)


def import_desk(parts: Components) -> ImportDesk:
    """Return what the routes work with."""
    llm = parts.providers.llm
    plugins = _plugins(parts.settings.imports, parts.store, _FOR_A_REQUEST)
    return ImportDesk(plugins, parts.store, model=(llm.name, llm.model))


def import_handlers(parts: Components) -> list[JobHandler]:
    """Return who imports and reprocesses."""
    workshop = Workshop(
        database=parts.database,
        objects=parts.store,
        pictures=parts.context.objects,
        plugins=_plugins(parts.settings.imports, parts.store, _FOR_A_JOB),
        hire=hiring(parts.metering, parts.providers),
    )
    return [CourseImport(workshop), CurriculumReprocess(workshop)]


def _plugins(settings: ImportSettings, store: ObjectStore, limits: Limits) -> Plugins:
    found: Sequence[Plugin] = BUILT_IN
    if settings.library_url:
        found = (*BUILT_IN, library_plugin(open_place(settings.library_url)))
    return Plugins(found, store, Fetcher(SystemNames(), vouched=settings.vouched, limits=limits))


def hiring(metering: BudgetMetering, providers: Providers) -> HireModel:
    """Return who lends the language model: each call is paid from its caller's tenant's budget."""

    @contextmanager
    def hire(caller: Caller, spent: Callable[[int], None]) -> Generator[LanguageModel]:
        purse = metering.open(Visit("", caller), lambda _notice: None, ahead=False, spent=spent)
        try:
            yield purse.hire(providers).llm
        finally:
            purse.close()

    return hire
