"""Changes to a UMCF document: its description, and the visual assets of a node. Pure: each returns a changed copy."""

import copy
from collections.abc import Mapping
from typing import Any

from shared.domain.curriculum import walk
from shared.domain.json_values import id_of, record_of, records_of
from shared.errors import NotFound

# Where a document keeps what an editor calls by these names.
_PLACES = {
    "title": ("title",),
    "description": ("description",),
    "difficulty": ("educational", "difficulty"),
    "age_range": ("educational", "typicalAgeRange"),
    "keywords": ("metadata", "keywords"),
}


def with_facts(document: Mapping[str, Any], facts: Mapping[str, Any]) -> dict[str, Any]:
    """Return a document with other values for title, description, difficulty, age_range or keywords."""
    changed = copy.deepcopy(dict(document))
    for name, value in facts.items():
        *path, last = _PLACES[name]
        record = changed
        for key in path:
            record[key] = record_of(record.get(key))
            record = record[key]
        record[last] = value
    return changed


def with_asset(
    document: Mapping[str, Any], topic_id: str, asset: Mapping[str, Any], *, on_request: bool
) -> dict[str, Any]:
    """Return a document whose topic has one more visual asset.

    Args:
        on_request: it belongs to the reference material.
    Raises: NotFound: no node has this id.
    """
    changed = copy.deepcopy(dict(document))
    media = _media(_node(changed, topic_id))
    key = "reference" if on_request else "embedded"
    media[key] = [*records_of(media.get(key)), dict(asset)]
    return changed


def find_asset(document: Mapping[str, Any], topic_id: str, asset_id: str) -> tuple[dict[str, Any], bool]:
    """Return a visual asset of a topic or of a node below it, and whether it is reference material.

    Raises: NotFound: there is none.
    """
    for node in walk([_node(document, topic_id)]):
        media = record_of(node.get("media"))
        for key in ("embedded", "reference"):
            for asset in records_of(media.get(key)):
                if id_of(asset.get("id")) == asset_id:
                    return asset, key == "reference"
    raise NotFound(f"asset {asset_id} of topic {topic_id} not found")


def without_asset(document: Mapping[str, Any], topic_id: str, asset_id: str) -> dict[str, Any]:
    """Return a document without a visual asset of a topic.

    Raises: NotFound: there is none.
    """
    changed = copy.deepcopy(dict(document))
    gone, _ = find_asset(changed, topic_id, asset_id)
    for node in walk([_node(changed, topic_id)]):
        media = record_of(node.get("media"))
        for key in ("embedded", "reference"):
            if gone in records_of(media.get(key)):
                media[key] = [asset for asset in records_of(media.get(key)) if asset is not gone]
    return changed


def with_changed_asset(
    document: Mapping[str, Any], topic_id: str, asset_id: str, facts: Mapping[str, Any], *, on_request: bool | None
) -> dict[str, Any]:
    """Return a document with other fields for a visual asset; None takes a field away, its id stays.

    Args:
        on_request: whether it belongs to the reference material from now on; None leaves it where it is.
    Raises: NotFound: there is none.
    """
    asset, was_reference = find_asset(document, topic_id, asset_id)
    merged = {**asset, **facts, "id": asset.get("id")}
    changed = {key: value for key, value in merged.items() if value is not None}
    if on_request is not None and on_request != was_reference:
        return with_asset(without_asset(document, topic_id, asset_id), topic_id, changed, on_request=on_request)
    whole = copy.deepcopy(dict(document))
    found, _ = find_asset(whole, topic_id, asset_id)
    found.clear()
    found.update(copy.deepcopy(changed))
    return whole


def _node(document: Mapping[str, Any], topic_id: str) -> dict[str, Any]:
    for node in walk(records_of(document.get("content"))):
        if id_of(node.get("id")) == topic_id:
            return node
    raise NotFound(f"topic {topic_id} not found")


def _media(node: dict[str, Any]) -> dict[str, Any]:
    node["media"] = media = record_of(node.get("media"))
    return media
