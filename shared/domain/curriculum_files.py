"""Which files a UMCF document names. Pure."""

from collections.abc import Iterator, Mapping
from typing import Any

from shared.domain.curriculum import walk
from shared.domain.curriculum_phones import file_name_of
from shared.domain.json_values import record_of, records_of, text_of


def assets_of(document: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield every visual asset of a document, in its order."""
    for node in walk(records_of(document.get("content"))):
        media = record_of(node.get("media"))
        yield from records_of(media.get("embedded"))
        yield from records_of(media.get("reference"))


def local_files(document: Mapping[str, Any]) -> set[str]:
    """Return the names of the files a document's visual assets are stored under."""
    paths = (text_of(asset.get("localPath")) for asset in assets_of(document))
    return {file_name_of(path) for path in paths if path}
