"""The HTTP operations of a voice service: each service's routes are mounted here."""

from aiohttp import web

from core.components import Components
from core.housekeeping.export_routes import export_routes
from core.http.adapter import HttpAdapter
from core.idle.mounting import Resting
from core.imports.mounting import import_desk
from core.imports.service import import_routes
from core.jobs.metrics import JobMetrics
from core.jobs.routes import job_routes
from core.jobs.service import JobService
from core.realtime.http import realtime_routes
from core.work import registry
from shared.api import Routes, Service


def mount_services(app: web.Application, parts: Components) -> None:
    """Serve every operation; whoever is mounted first has a path."""
    providers, context = parts.providers, parts.context
    parts.speech.mount(app, context)
    _mount(app, parts, realtime_routes(providers.llm.model, providers.stt.model))
    jobs = JobService(
        parts.settings.jobs,
        parts.settings.shared.database_url,
        registry(parts),
        drain_s=parts.settings.voice.drain_s,
    )
    jobs.mount(app)
    parts.metrics.also(JobMetrics(jobs.relay, jobs.consumer))
    _mount(app, parts, job_routes())
    _mount(app, parts, import_routes(import_desk(parts)))
    Resting(parts.governor, context).mount(app)
    _mount(app, parts, export_routes(parts.store, parts.settings.shared.secret))


def _mount(app: web.Application, parts: Components, routes: Routes) -> None:
    HttpAdapter(Service(routes, parts.context), workers=2).mount(app)
