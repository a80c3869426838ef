"""Curricula as those who teach make, change, export and remove them."""

from collections.abc import Callable, Mapping
from typing import Any, Final

import msgspec

from curriculum_api.archives import packed
from curriculum_api.authoring_models import (
    Facts,
    Imported,
    ImportSource,
    Preloaded,
    PreloadedAsset,
    Removal,
    RemovedCurriculum,
    SavedCurriculum,
    Seen,
)
from curriculum_api.pictures import body_of
from curriculum_api.rules import saved
from curriculum_api.uploads import ACCEPTS, uploaded
from shared.api import Access, Reply, Request, Routes
from shared.api.decoding import decode_body
from shared.api.multipart import is_form
from shared.api.revisions import seen_revision, tag
from shared.curriculum_saving import Terms, discard, save_curriculum
from shared.domain.curriculum_edit import with_facts
from shared.domain.curriculum_files import assets_of
from shared.domain.curriculum_upload import MOST_UPLOAD, Upload, pictures_of, read_document, record_from
from shared.domain.json_values import id_of, text_of
from shared.errors import Conflict, InvalidInput, Unprocessable
from shared.repositories.assets import AssetRepository
from shared.repositories.authored_curricula import AuthoredCurriculumRepository
from shared.repositories.curricula import CurriculumDetail, CurriculumRepository

routes = Routes("curriculum")

# How often a change is tried again that somebody else's change came before.
_TRIES: Final = 3


@routes.post("/api/curricula", access=Access.CLIENT, max_body=MOST_UPLOAD, accepts=ACCEPTS)
def add_curriculum(request: Request) -> SavedCurriculum:
    """Take in a UMCF document, or an archive of one with its pictures; one of the same id becomes its next version."""
    return saved(save_upload(request, uploaded(request)))


@routes.post("/api/curricula/import", access=Access.CLIENT, max_body=MOST_UPLOAD, accepts=ACCEPTS)
def import_curriculum(request: Request) -> Imported:
    """Take in a document from a form's file, or from `content`."""
    row = save_upload(request, _imported(request))
    return Imported(
        status="success",
        id=row.id,
        title=row.title,
        file_path=f"{row.id}.umcf",
        version=row.version,
        revision=row.revision,
        topic_count=row.topic_count,
    )


@routes.put("/api/curricula/{curriculum_id}", access=Access.CLIENT, max_body=MOST_UPLOAD, accepts=("application/json",))
@routes.patch(
    "/api/curricula/{curriculum_id}", access=Access.CLIENT, max_body=MOST_UPLOAD, accepts=("application/json",)
)
def change_curriculum(request: Request, curriculum_id: str, query: Seen) -> SavedCurriculum:
    """Replace a curriculum's whole document, which has `content`, or change single facts of it."""
    body = record_from(read_document(request.http.body or b"{}"))
    seen = seen_revision(request, query.revision)
    if body.get("content") is not None:
        if id_of(body.get("id")) != curriculum_id:
            expected = f"must be {curriculum_id[:200]}, as in the path"
            raise InvalidInput(f"/id: {expected}", details={"/id": expected})
        terms = Terms(trusted=is_trusted(request), seen=seen)
        return _tagged(request, save_curriculum(request.unit, request.context.objects, body, terms=terms))
    given = msgspec.to_builtins(decode_body(request.http.body, Facts))
    facts = {name: value for name, value in given.items() if value is not None}
    if not facts:
        expected = ", ".join(Facts.__struct_fields__)
        raise InvalidInput(f"nothing to change: give content or one of {expected}", code="no_updates")
    return _tagged(request, edit(request, curriculum_id, lambda document: with_facts(document, facts), seen=seen))


@routes.delete("/api/curricula/{curriculum_id}", access=Access.CLIENT)
def remove_curriculum(request: Request, curriculum_id: str, query: Removal) -> RemovedCurriculum:
    """Remove a curriculum with its topics and pictures; sessions that run on it go on."""
    with request.unit() as unit:
        own = AuthoredCurriculumRepository(unit, trusted=is_trusted(request))
        if query.confirm:
            files = AssetRepository(unit).keep_only(curriculum_id, [])
            row = own.remove(curriculum_id)
        else:
            files = None
            row = own.look_up(curriculum_id)
    if files is not None:
        discard(request.context.objects, [file.object_key for file in files.result if file.object_key])
    status = "deleted" if query.confirm else "confirmation_required"
    return RemovedCurriculum(status=status, id=row.result.id, title=row.result.title)


@routes.get("/api/curricula/{curriculum_id}/export", access=Access.CLIENT)
def export_curriculum(request: Request, curriculum_id: str) -> Reply:
    """Return the document as it was uploaded; with its pictures, in an archive, for `Accept: application/zip`."""
    with request.unit() as unit:
        stored = CurriculumRepository(unit).document(curriculum_id)
        files = AssetRepository(unit).of_curriculum(curriculum_id)
    document = stored.result.document
    name = "".join(_in_a_header(sign) for sign in curriculum_id)[:100]
    headers = {"Content-Disposition": f'attachment; filename="{name}.umcf"'}
    if "application/zip" in request.http.headers.get("accept", ""):
        bodies = {file.file_name: body_of(file, request.context.objects) for file in files.result}
        return Reply(packed(document, bodies), headers={**headers, "Content-Type": "application/zip"})
    return Reply(document, headers=headers)


@routes.post("/api/curricula/{curriculum_id}/preload-assets", access=Access.CLIENT)
def preload_assets(request: Request, curriculum_id: str) -> Preloaded:
    """Say which assets lie on other machines: nothing is fetched from there, so upload what should be kept."""
    with request.unit() as unit:
        stored = CurriculumRepository(unit).document(curriculum_id)
        held = AssetRepository(unit).facts(curriculum_id)
    names = {file.file_name for file in held.result}
    details = [
        PreloadedAsset(
            asset_id=id_of(asset.get("id")),
            status="skipped",
            reason="nothing is fetched from other machines: upload the file",
        )
        for asset in assets_of(stored.result.document)
        if text_of(asset.get("url")).startswith(("http://", "https://"))
        and text_of(asset.get("localPath")).rpartition("/")[2] not in names
    ]
    return Preloaded(status="success", downloaded=0, failed=0, skipped=len(details), details=details)


def _tagged(request: Request, row: CurriculumDetail) -> SavedCurriculum:
    tag(request, row.revision)
    return saved(row, status="ok")


def is_trusted(request: Request) -> bool:
    """Tell whether the caller is on a trusted network without accounts."""
    return request.caller.kind == "open"


def save_upload(request: Request, upload: Upload) -> CurriculumDetail:
    """Store what was uploaded, pictures and all, as a new curriculum or as the next version of one."""
    document = record_from(upload.document)
    terms = Terms(trusted=is_trusted(request), may_be_new=True)
    return save_curriculum(request.unit, request.context.objects, document, pictures_of(upload), terms=terms)


def edit(
    request: Request,
    curriculum_id: str,
    change: Callable[[Mapping[str, Any]], Mapping[str, Any]],
    *,
    seen: int | None = None,
) -> CurriculumDetail:
    """Change the tenant's own document; what others change at the same time is not lost.

    Args:
        seen: the revision the caller read; None changes whatever is there now.
    Raises: Conflict `edited_meanwhile`: it is another by now.
    """
    for attempt in range(_TRIES):
        with request.unit() as unit:
            own = AuthoredCurriculumRepository(unit, trusted=is_trusted(request))
            own.claim(curriculum_id, seen=seen)
            held = own.document(curriculum_id)
        terms = Terms(trusted=is_trusted(request), seen=held.result.revision)
        try:
            return save_curriculum(request.unit, request.context.objects, change(held.result.document), terms=terms)
        except Conflict as error:
            if seen is not None or error.error_code != "edited_meanwhile" or attempt == _TRIES - 1:
                raise
    raise AssertionError("the last try returns or raises")


def _in_a_header(sign: str) -> str:
    return sign if sign.isascii() and (sign.isalnum() or sign in "-_.") else "-"


def _imported(request: Request) -> Upload:
    if is_form(request.http.headers) or not request.http.body[:200].lstrip().startswith(b"{"):
        return uploaded(request)
    body = record_from(read_document(request.http.body))
    if isinstance(body.get("content"), list):
        return Upload(body, {})  # a document itself has content: its nodes
    source = (
        msgspec.convert(body, ImportSource, strict=True) if not body.get("url") else ImportSource(url=str(body["url"]))
    )
    if source.url:
        raise Unprocessable(
            "url: nothing is fetched from other machines; send the document itself", code="url_not_fetched"
        )
    if isinstance(source.content, str):
        return Upload(read_document(source.content.encode()), {})
    if source.content is None:
        raise InvalidInput("content: required", details={"content": "required"})
    return Upload(source.content, {})
