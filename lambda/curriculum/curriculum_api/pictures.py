"""The files of visual assets as clients see them: addresses in what is served, and bytes."""

import base64
import time
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from curriculum_api.links import AssetLinks
from shared.api import Reply, Request
from shared.domain.curriculum_files import assets_of
from shared.domain.curriculum_phones import file_name_of
from shared.domain.json_values import id_of, text_of
from shared.errors import Unavailable
from shared.repositories.assets import Asset, AssetFacts
from shared.storage.port import ObjectStore

# A Lambda answers at most 6 MB; what does not fit is left to be fetched by its url.
MOST_ASSET_BYTES: Final = 3_000_000
# A picture is only ever looked at: opened on its own it runs nothing, loads nothing and has no origin.
PICTURE_HEADERS: Final = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; sandbox",
    "Cache-Control": "private, max-age=86400",
}
_OURS: Final = "/assets/curriculum/"


def links_of(request: Request) -> AssetLinks:
    """Return the maker of addresses."""
    return AssetLinks(request.context.settings.secret, now=time.time())


def link(assets: Iterable[dict[str, Any]], files: Sequence[AssetFacts], links: AssetLinks) -> None:
    """Give visual assets whose file is ours its signed address, and say what is known of the file."""
    named = {file.file_name: file for file in files}
    for asset in assets:
        file = named.get(file_name_of(text_of(asset.get("localPath"))))
        if file is None or not text_of(asset.get("url")).startswith(_OURS):
            continue
        asset["url"] = links.address(file.owner_id, file.id)
        asset["thumbnailUrl"] = links.address(file.owner_id, file.id, thumbnail=file.has_thumbnail)
        asset.setdefault("mimeType", file.content_type)
        asset.setdefault("size", file.size)
        if file.width and file.height:
            asset.setdefault("dimensions", {"width": file.width, "height": file.height})


def asset_data(
    served: Mapping[str, Any], files: Sequence[Asset], store: ObjectStore | None
) -> dict[str, dict[str, Any]]:
    """Return the files of a document's visual assets by the assets' ids, as far as one answer holds them."""
    named = {file.file_name: file for file in files}
    data: dict[str, dict[str, Any]] = {}
    room = MOST_ASSET_BYTES
    for asset in assets_of(served):
        file = named.get(file_name_of(text_of(asset.get("localPath"))))
        if file is not None and file.size <= room:
            room -= file.size
            data[id_of(asset.get("id"))] = {
                "data": base64.b64encode(body_of(file, store)).decode(),
                "mimeType": file.content_type,
                "size": file.size,
            }
    return data


def body_of(file: Asset, store: ObjectStore | None) -> bytes:
    """Return a file's bytes from its row or from the object store.

    Raises: Unavailable: the store does not answer, or this deployment has none. NotFound: the store has lost it.
    """
    if file.body is not None:
        return file.body
    if store is None or file.object_key is None:
        raise Unavailable("this file is in an object store, and none is configured")
    return store.get(file.object_key)


def picture_reply(request: Request, file: Asset, headers: Mapping[str, str], *, thumbnail: bool = False) -> Reply:
    """Return a file; 304 when the caller has it already."""
    small = file.thumbnail if thumbnail else None
    tag = f'"{file.sha256}{"-thumbnail" if small is not None else ""}"'
    kind = "image/webp" if small is not None else file.content_type
    sent = {**PICTURE_HEADERS, **headers, "ETag": tag, "Content-Type": kind}
    if tag in request.http.headers.get("if-none-match", ""):
        return Reply(b"", 304, sent)
    return Reply(small if small is not None else body_of(file, request.context.objects), headers=sent)
