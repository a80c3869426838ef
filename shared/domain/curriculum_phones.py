"""UMCF as the phones' strict decoders demand it. Pure."""

import json
from collections.abc import Mapping
from typing import Any, cast
from urllib.parse import quote

from shared.domain.json_values import id_of, integer_of, record_of, records_of, text_of


def for_phones(document: Mapping[str, Any]) -> dict[str, Any]:
    """Return a copy of a valid document that every known client can read.

    Nothing is null; `umcf` is there whatever header the document had; feedback and pauses are strings, timings whole
    numbers, adaptation rules strings; visual assets with a file have its `url`.
    """
    served = _without_nulls(document)
    version = record_of(served.get("version"))
    served["umcf"] = text_of(served.get("umcf")) or text_of(served.get("schemaVersion")) or "1.0.0"
    served["version"] = {**version, "number": version_of(served)}
    curriculum_id = id_of(served.get("id"))
    level = records_of(served.get("content"))
    while level:
        for node in level:
            _normalise(node, curriculum_id)
        level = [child for node in level for child in records_of(node.get("children"))]
    return served


def version_of(document: Mapping[str, Any]) -> str:
    """Return the version number, written plainly or as `{"number"}`."""
    version = document.get("version")
    return text_of(record_of(version).get("number")) or text_of(version) or "1.0.0"


def asset_url(curriculum_id: str, local_path: str) -> str:
    """Return where the file of a visual asset is served."""
    return f"/assets/curriculum/{quote(curriculum_id, safe='')}/{quote(file_name_of(local_path), safe='')}"


def file_name_of(local_path: str) -> str:
    """Return the name a visual asset's file is stored under."""
    return local_path.rsplit("/", 1)[-1]


def _normalise(node: dict[str, Any], curriculum_id: str) -> None:
    for segment in records_of(record_of(node.get("transcript")).get("segments")):
        notes = record_of(segment.get("speakingNotes"))
        if "pauseAfter" in notes:
            notes["pauseAfter"] = _pause(notes["pauseAfter"])
    for assessment in records_of(node.get("assessments")):
        feedback = record_of(assessment.get("feedback"))
        for key in ("correct", "incorrect", "partial"):
            if key in feedback:
                feedback[key] = _plain(feedback[key])
    media = record_of(node.get("media"))
    for asset in [*records_of(media.get("embedded")), *records_of(media.get("reference"))]:
        _normalise_asset(asset, curriculum_id)
    rules = record_of(node.get("tutoringConfig")).get("adaptationRules")
    for name, rule in record_of(rules).items():
        record_of(rules)[name] = _plain(rule)


def _normalise_asset(asset: dict[str, Any], curriculum_id: str) -> None:
    local_path = text_of(asset.get("localPath"))
    if local_path and not text_of(asset.get("url")):
        asset["url"] = asset_url(curriculum_id, local_path)
    timing = record_of(asset.get("segmentTiming"))
    start, end = integer_of(timing.get("startSegment")), integer_of(timing.get("endSegment"))
    if start is None or end is None:
        asset.pop("segmentTiming", None)  # the decoders want both
    else:
        timing.update(startSegment=start, endSegment=end)


def _pause(value: object) -> str:
    if isinstance(value, bool):
        return "medium" if value else "none"
    return _plain(value)


def _plain(value: object) -> str:
    """Return text for what should have been a string."""
    if isinstance(value, str):
        return value
    members = record_of(value)
    for key in ("text", "message", "content", "action"):
        if text := text_of(members.get(key)):
            return text
    return json.dumps(value, ensure_ascii=False)


def _without_nulls(value: Mapping[str, Any]) -> dict[str, Any]:
    return {key: _copy(member) for key, member in value.items() if member is not None}


def _copy(value: Any) -> Any:  # noqa: ANN401  any JSON
    if isinstance(value, dict):
        return _without_nulls(cast("dict[str, Any]", value))
    if isinstance(value, list):
        return [_copy(member) for member in cast("list[Any]", value) if member is not None]
    return value
