"""Where courses come from, over HTTP: sources, their courses, and files that people bring."""

import hashlib
from typing import Any, Final

from core.imports.answers import course_answer, page_answer, source_answer, upload_answer
from core.imports.desk import ImportDesk, asked, is_trusted
from core.imports.formats.port import title_of
from core.imports.formats.reading import read_book
from core.imports.models import CourseQuery, SearchQuery
from core.imports.registry import Installed
from core.imports.sources.port import Browse, Course
from core.imports.sources.uploads import MOST_UPLOADS
from shared.api import Access, Listing, Request, Routes
from shared.api.multipart import is_form, read_form
from shared.curriculum_saving import discard, undo
from shared.domain.curriculum_upload import MOST_UPLOAD
from shared.errors import AppError, Conflict, InvalidInput, NotFound
from shared.ids import known_id, new_id
from shared.repositories.authors import require_importer
from shared.repositories.import_uploads import ImportUploadRepository

ACCEPTS: Final = (
    "multipart/form-data", "application/zip", "application/epub+zip", "application/gzip",
    "application/vnd.moodle.backup", "text/markdown", "text/csv", "application/octet-stream",
)  # fmt: skip


class SourceRoutes:
    """`/api/import/sources`, its older names under `/api/sources`, and `/api/import/uploads`."""

    def __init__(self, desk: ImportDesk) -> None:
        self._desk = desk

    def routes(self) -> Routes:
        """Return the operations."""
        routes = Routes("imports", success_flag=True)
        for family in ("/api/import/sources", "/api/sources"):
            routes.get(family, access=Access.CLIENT)(self.list_sources)
            routes.get(f"{family}/{{catalog_id}}", access=Access.CLIENT)(self.get_source)
            routes.get(f"{family}/{{catalog_id}}/courses", access=Access.CLIENT)(self.list_courses)
            routes.get(f"{family}/{{catalog_id}}/search", access=Access.CLIENT)(self.search_courses)
            routes.get(f"{family}/{{catalog_id}}/courses/{{course_id}}", access=Access.CLIENT)(self.get_course)
        path = "/api/import/uploads"
        routes.post(path, access=Access.CLIENT, status=201, max_body=MOST_UPLOAD, accepts=ACCEPTS)(self.upload)
        routes.get(path, access=Access.CLIENT)(self.list_uploads)
        routes.delete(f"{path}/{{upload_id}}", access=Access.CLIENT)(self.remove_upload)
        return routes

    def list_sources(self, request: Request) -> Listing:
        """Return the sources that are on."""
        installed = self._desk.plugins.enabled(self._desk.states(request))
        return Listing("sources", [self._answer(request, one) for one in installed], {"success": True})

    def get_source(self, request: Request, catalog_id: str) -> dict[str, Any]:
        """Return one source."""
        for one in self._desk.plugins.enabled(self._desk.states(request)):
            if one.plugin.id == catalog_id:
                return {"success": True, "source": self._answer(request, one)}
        raise NotFound(f"source {catalog_id[:200]} not found")

    def list_courses(self, request: Request, catalog_id: str, query: CourseQuery) -> Listing:
        """Return a page of a source's courses."""
        browse = query.browse
        shelf = asked(self._desk.source(request, catalog_id).browse(browse))
        courses = [course_answer(course) for course in shelf.courses]
        return Listing("courses", courses, page_answer(shelf, browse.page, browse.page_size))

    def search_courses(self, request: Request, catalog_id: str, query: SearchQuery) -> Listing:
        """Return the courses of a source that have these words."""
        found = asked(self._desk.source(request, catalog_id).search(query.q, query.limit))
        return Listing("courses", [course_answer(course) for course in found], {"success": True})

    def get_course(self, request: Request, catalog_id: str, course_id: str) -> dict[str, Any]:
        """Look into a course: its topics, and whether it may be imported."""
        course = asked(self._desk.source(request, catalog_id).detail(course_id))
        return {
            "success": True,
            "course": course_answer(course),
            "canImport": course.licence.allows_derivatives,
            "licenseWarnings": course.licence.warnings,
            "attribution": course.licence.attribution(course.title, course.author),
        }

    def upload(self, request: Request) -> dict[str, Any]:
        """Bring a file: it is looked into, kept, and a course of the source `upload` from then on."""
        name, body = _file(request)
        with request.unit() as unit:
            require_importer(unit, trusted=is_trusted(request))
            held = ImportUploadRepository(unit).all(limit=MOST_UPLOADS)
        if len(held.result) >= MOST_UPLOADS:
            raise Conflict(f"there are {MOST_UPLOADS} uploads already: remove some", code="too_many_uploads")
        outline = read_book(body, name).outline
        upload_id = new_id()
        key = f"tenants/{request.tenant_id}/uploads/{upload_id}"
        self._desk.objects.put(key, body)
        try:
            with request.unit() as unit:
                added = ImportUploadRepository(unit).add(
                    upload_id,
                    name=name,
                    title=outline.title,
                    size=len(body),
                    revision=hashlib.sha256(body).hexdigest(),
                    license_name=outline.license[:200],
                    topics=len(outline.places),
                    object_key=key,
                )
        except AppError as error:
            undo(self._desk.objects, [key], error)
            raise
        return {"success": True, "upload": upload_answer(added.result)}

    def list_uploads(self, request: Request) -> dict[str, Any]:
        """Return the files that were brought, the newest first."""
        with request.unit() as unit:
            require_importer(unit, trusted=is_trusted(request))
            found = ImportUploadRepository(unit).all(limit=MOST_UPLOADS)
        return {"success": True, "uploads": [upload_answer(upload) for upload in found.result]}

    def remove_upload(self, request: Request, upload_id: str) -> dict[str, Any]:
        """Remove a file; curricula that were made of it stay."""
        known = known_id(upload_id, "upload")
        with request.unit() as unit:
            require_importer(unit, trusted=is_trusted(request))
            gone = ImportUploadRepository(unit).get(known)
            ImportUploadRepository(unit).remove(known)
        discard(self._desk.objects, [gone.result.object_key])
        return {"success": True, "removed": True}

    def _answer(self, request: Request, installed: Installed) -> dict[str, Any]:
        source = self._desk.plugins.opened(installed.plugin, installed.settings, request.unit)
        return source_answer(installed, asked(source.browse(Browse(page_size=1))).total)


def glanced(desk: ImportDesk, request: Request, catalog_id: str, course_id: str) -> Course:
    """Return what is known of a course at once; raises what refuses it."""
    return asked(desk.source(request, catalog_id).glance(course_id))


def _file(request: Request) -> tuple[str, bytes]:
    """Return the name and bytes of what was brought: a form's file, or the body itself.

    Raises: InvalidInput: there is none.
    """
    if not is_form(request.http.headers):
        name = request.http.query.get("name") or "Upload"
        body = request.http.body
    else:
        part = read_form(request.http.headers, request.http.body).get("file")
        name = (part.file_name if part is not None else None) or "Upload"
        body = b"" if part is None else part.body
    if not body:
        raise InvalidInput("file: required", details={"file": "required"})
    plain = name.replace("\\", "/").rpartition("/")[2].rpartition(".")[0] or name
    return title_of(plain, "Upload"), body
