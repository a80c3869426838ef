"""Imports by administrators: into what everybody reads. Each is noted in the audit log, as every deed of theirs."""

from typing import Any

from core.imports.job_routes import JobRoutes
from core.imports.models import JobsQuery, NewImport
from shared.api import Access, Listing, Reply, Request, Routes


class AdminImportRoutes:
    """`/api/import-jobs`: the same imports, in the public tenant."""

    def __init__(self, jobs: JobRoutes) -> None:
        self._jobs = jobs

    def routes(self) -> Routes:
        """Return the operations."""
        routes = Routes("imports", success_flag=True)
        routes.post("/api/import-jobs", access=Access.ADMIN, role="superadmin", status=201)(self.create_import)
        routes.get("/api/import-jobs", access=Access.ADMIN)(self.list_imports)
        routes.get("/api/import-jobs/{import_id}", access=Access.ADMIN)(self.get_import)
        routes.delete("/api/import-jobs/{import_id}", access=Access.ADMIN, role="superadmin")(self.cancel_import)
        routes.post("/api/import-jobs/{import_id}/cancel", access=Access.ADMIN, role="superadmin")(self.stop_import)
        return routes

    def create_import(self, request: Request, body: NewImport) -> Reply:
        """Order an import into the shared content."""
        ordered = self._jobs.order(request, body.source_id, body.course_id, body)
        return Reply(ordered.body, 201 if ordered.status == 200 else ordered.status)

    def list_imports(self, request: Request, query: JobsQuery) -> Listing:
        """Return the newest imports into the shared content."""
        return self._jobs.list_jobs(request, query)

    def get_import(self, request: Request, import_id: str) -> dict[str, Any]:
        """Return how far one is."""
        return self._jobs.get_job(request, import_id)

    def cancel_import(self, request: Request, import_id: str) -> dict[str, Any]:
        """Cancel one."""
        return self._jobs.cancel(request, import_id)

    def stop_import(self, request: Request, import_id: str) -> dict[str, Any]:
        """Cancel one, as the hosting plan writes it."""
        return self._jobs.cancel(request, import_id)
