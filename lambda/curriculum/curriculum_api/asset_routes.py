"""The visual assets of topics, and their files."""

import time
from typing import Any, Final

from curriculum_api.asset_models import AnnouncedAsset, OneAsset, RemovedAnswer, SavedAsset, TopicAssets
from curriculum_api.authoring_routes import edit, is_trusted
from curriculum_api.links import ROUTE, AssetLinks
from curriculum_api.models import SignedFile
from curriculum_api.pictures import link, links_of, picture_reply
from curriculum_api.rules import asset_of, topic_assets
from shared.api import Access, Reply, Request, Routes
from shared.api.decoding import decode_body
from shared.api.multipart import Part, is_form, read_form
from shared.curriculum_saving import Terms, save_curriculum
from shared.db import TenantEntry
from shared.domain.curriculum_edit import with_asset, with_changed_asset, without_asset
from shared.domain.curriculum_upload import read_document, record_from
from shared.domain.json_values import text_of
from shared.domain.pictures import PICTURE_ENDINGS, Picture, read_picture
from shared.errors import InvalidInput
from shared.ids import new_id
from shared.repositories.assets import AssetRepository
from shared.repositories.authored_curricula import AuthoredCurriculumRepository
from shared.repositories.topics import TopicRepository

routes = Routes("curriculum")

# A picture and its description.
_MOST_FORM: Final = 6_000_000


@routes.get("/api/curricula/{curriculum_id}/topics/{topic_id}/assets", access=Access.CLIENT)
def get_topic_assets(request: Request, curriculum_id: str, topic_id: str) -> TopicAssets:
    """Return the visual assets of a topic."""
    return TopicAssets(assets=_assets(request, curriculum_id, topic_id))


@routes.get("/api/curricula/{curriculum_id}/topics/{topic_id}/assets/{asset_id}", access=Access.CLIENT)
def get_topic_asset(request: Request, curriculum_id: str, topic_id: str, asset_id: str) -> OneAsset:
    """Return one visual asset of a topic."""
    return OneAsset(asset=asset_of(_assets(request, curriculum_id, topic_id), topic_id, asset_id))


@routes.post(
    "/api/curricula/{curriculum_id}/topics/{topic_id}/assets",
    access=Access.CLIENT,
    max_body=_MOST_FORM,
    accepts=("multipart/form-data", "application/json"),
)
def add_topic_asset(request: Request, curriculum_id: str, topic_id: str) -> SavedAsset:
    """Add a visual asset to a topic: a form with `file` and `metadata`, or only its name and kind."""
    asset_id = new_id()
    if is_form(request.http.headers):
        parts = read_form(request.http.headers, request.http.body)
        picture = _picture(parts.get("file"), asset_id)
        facts, on_request = _facts(_metadata(parts.get("metadata")))
        asset = {"type": "image", **facts, "id": asset_id, "localPath": f"assets/{picture.name}"}
        asset["mimeType"] = picture.content_type
        _save_with(request, curriculum_id, topic_id, asset, picture, on_request=bool(on_request))
    else:
        body = decode_body(request.http.body, AnnouncedAsset)
        asset = _announced(body, asset_id)
        edit(request, curriculum_id, lambda document: with_asset(document, topic_id, asset, on_request=False))
    return _saved(request, curriculum_id, topic_id, asset_id)


@routes.patch("/api/curricula/{curriculum_id}/topics/{topic_id}/assets/{asset_id}", access=Access.CLIENT)
def change_topic_asset(
    request: Request, curriculum_id: str, topic_id: str, asset_id: str, body: dict[str, object]
) -> SavedAsset:
    """Change fields of a visual asset; null takes one away."""
    facts, on_request = _facts(body)
    edit(
        request,
        curriculum_id,
        lambda document: with_changed_asset(document, topic_id, asset_id, facts, on_request=on_request),
    )
    return _saved(request, curriculum_id, topic_id, asset_id)


@routes.delete("/api/curricula/{curriculum_id}/topics/{topic_id}/assets/{asset_id}", access=Access.CLIENT)
def remove_topic_asset(request: Request, curriculum_id: str, topic_id: str, asset_id: str) -> RemovedAnswer:
    """Remove a visual asset from a topic, and its file."""
    edit(request, curriculum_id, lambda document: without_asset(document, topic_id, asset_id))
    return RemovedAnswer(status="success")


@routes.get("/assets/curriculum/{curriculum_id}/{file_name}", access=Access.CLIENT)
def get_asset(request: Request, curriculum_id: str, file_name: str) -> Reply:
    """Return the file of a visual asset; 304 when the caller has it already."""
    with request.unit() as unit:
        asset = AssetRepository(unit).get(curriculum_id, file_name)
    return picture_reply(request, asset.result, {})


@routes.get(ROUTE, access=Access.PUBLIC)
def get_signed_asset(request: Request, query: SignedFile) -> Reply:
    """Return a file to whoever has its signed address; that address always means these bytes."""
    now = time.time()
    linked = AssetLinks(request.context.settings.secret, now=now).read(query.file)
    with request.context.database.unit(TenantEntry(linked.tenant_id)) as unit:
        asset = AssetRepository(unit).by_id(linked.asset_id)
    headers = {"Cache-Control": f"public, max-age={linked.expires - int(now)}, immutable"}
    return picture_reply(request, asset.result, headers, thumbnail=linked.is_thumbnail)


def _assets(request: Request, curriculum_id: str, topic_id: str) -> list[dict[str, Any]]:
    with request.unit() as unit:
        topic = TopicRepository(unit).get(curriculum_id, topic_id)
        files = AssetRepository(unit).facts(curriculum_id)
    assets = topic_assets(topic.result)
    link(assets, files.result, links_of(request))
    return assets


def _saved(request: Request, curriculum_id: str, topic_id: str, asset_id: str) -> SavedAsset:
    asset = asset_of(_assets(request, curriculum_id, topic_id), topic_id, asset_id)
    path = text_of(asset.get("localPath"))
    return SavedAsset(
        status="success",
        asset=asset,
        id=asset_id,
        filename=path.rpartition("/")[2],
        mime_type=text_of(asset.get("mimeType")),
        local_path=path,
    )


def _save_with(
    request: Request, curriculum_id: str, topic_id: str, asset: dict[str, Any], picture: Picture, *, on_request: bool
) -> None:
    """Add an asset and its file in one step."""
    with request.unit() as unit:
        own = AuthoredCurriculumRepository(unit, trusted=is_trusted(request))
        own.claim(curriculum_id)
        held = own.document(curriculum_id)
    document = with_asset(held.result.document, topic_id, asset, on_request=on_request)
    terms = Terms(trusted=is_trusted(request), seen=held.result.revision)
    save_curriculum(request.unit, request.context.objects, document, [picture], terms=terms)


def _picture(part: Part | None, asset_id: str) -> Picture:
    """Return a form's file under a name nothing else has."""
    if part is None:
        raise InvalidInput("file: required", details={"file": "required"})
    ending = (part.file_name or "").rpartition(".")[2].lower()
    if ending not in PICTURE_ENDINGS:
        expected = f"a file that ends in {', '.join(PICTURE_ENDINGS)}"
        raise InvalidInput(f"file: {expected}", details={"file": expected})
    return read_picture(f"{asset_id}.{ending}", part.body)


def _metadata(part: Part | None) -> dict[str, Any]:
    if part is None:
        raise InvalidInput("metadata: required", details={"metadata": "required"})
    return dict(record_from(read_document(part.body)))


def _facts(given: dict[str, Any]) -> tuple[dict[str, Any], bool | None]:
    """Return an asset's own fields, and whether it is reference material where that is said."""
    on_request = given.get("isReference")
    if on_request is not None and not isinstance(on_request, bool):
        raise InvalidInput("isReference: true or false", details={"isReference": "true or false"})
    facts = {name: value for name, value in given.items() if name not in {*_SERVED, *_TIMING}}
    timing = {name: given[name] for name in _TIMING if given.get(name) is not None}
    if timing:
        start = timing.get("startSegment", 0)
        facts["segmentTiming"] = {"startSegment": start, "endSegment": start, **timing}
    return facts, on_request


# Made when an asset is served, or said elsewhere in a document.
_SERVED: Final = ("id", "isReference", "thumbnailUrl", "size", "url")
_TIMING: Final = ("startSegment", "endSegment", "displayMode")


def _announced(body: AnnouncedAsset, asset_id: str) -> dict[str, Any]:
    asset: dict[str, Any] = {
        "id": asset_id,
        "type": "image",
        "alt": body.caption or body.filename,
        "mimeType": body.mime_type,
        "localPath": f"assets/{body.filename}",
    }
    if body.caption:
        asset["caption"] = body.caption
    if body.position is not None:
        asset["segmentTiming"] = {"startSegment": body.position, "endSegment": body.position}
    return asset
