"""The archive: curricula no list shows, kept until somebody wants them back or removes them."""

from curriculum_api.authoring_models import ArchivedCurriculum, RemovedFile, SavedCurriculum
from curriculum_api.authoring_routes import is_trusted
from curriculum_api.rules import archived, saved
from shared.api import Access, Listing, Request, Routes
from shared.curriculum_saving import discard
from shared.repositories.assets import AssetRepository
from shared.repositories.authored_curricula import AuthoredCurriculumRepository
from shared.repositories.curricula import CurriculumRepository

routes = Routes("curriculum")


@routes.post("/api/curricula/{curriculum_id}/archive", access=Access.CLIENT)
def archive_curriculum(request: Request, curriculum_id: str) -> ArchivedCurriculum:
    """Move a curriculum into the archive."""
    with request.unit() as unit:
        row = AuthoredCurriculumRepository(unit, trusted=is_trusted(request)).archive(curriculum_id)
    return archived(row.result, status="archived")


@routes.get("/api/curricula/archived", access=Access.CLIENT)
def list_archived(request: Request) -> Listing:
    """Return what is in the archive, the latest first."""
    with request.unit() as unit:
        rows = AuthoredCurriculumRepository(unit, trusted=is_trusted(request)).archived()
    return Listing("archived", [archived(row) for row in rows.result], {"total": len(rows.result)})


@routes.post("/api/curricula/archived/{archived_name}/unarchive", access=Access.CLIENT)
def unarchive_curriculum(request: Request, archived_name: str) -> SavedCurriculum:
    """Take a curriculum out of the archive."""
    curriculum_id = _curriculum_of(archived_name)
    with request.unit() as unit:
        AuthoredCurriculumRepository(unit, trusted=is_trusted(request)).unarchive(curriculum_id)
        row = CurriculumRepository(unit).get(curriculum_id)
    return saved(row.result, status="unarchived")


@routes.delete("/api/curricula/archived/{archived_name}", access=Access.CLIENT)
def remove_archived(request: Request, archived_name: str) -> RemovedFile:
    """Remove a curriculum from the archive for good."""
    curriculum_id = _curriculum_of(archived_name)
    with request.unit() as unit:
        files = AssetRepository(unit).keep_only(curriculum_id, [])
        AuthoredCurriculumRepository(unit, trusted=is_trusted(request)).remove(curriculum_id, in_archive=True)
    discard(request.context.objects, [file.object_key for file in files.result if file.object_key])
    return RemovedFile(status="deleted", file_name=archived_name)


def _curriculum_of(archived_name: str) -> str:
    return archived_name.removesuffix(".umcf")
