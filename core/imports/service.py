"""Imports over HTTP, put together."""

from core.imports.admin_routes import AdminImportRoutes
from core.imports.desk import ImportDesk
from core.imports.job_routes import JobRoutes
from core.imports.plugin_routes import PluginRoutes
from core.imports.reprocess_routes import ReprocessRoutes
from core.imports.source_routes import SourceRoutes
from shared.api import Routes


def import_routes(desk: ImportDesk) -> Routes:
    """Return every operation."""
    jobs = JobRoutes(desk)
    routes = SourceRoutes(desk).routes()
    for part in (jobs, PluginRoutes(desk), ReprocessRoutes(desk), AdminImportRoutes(jobs)):
        routes.include(part.routes())
    return routes
