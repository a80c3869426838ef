"""Whether a UMCF document can be taught from: every problem is reported with its JSON pointer. Pure."""

import re
from collections.abc import Mapping
from typing import Any, Final, cast

from shared.domain.curriculum_order import check_prerequisites
from shared.domain.json_values import id_of, list_of, record_of, records_of, text_of
from shared.domain.shapes import (
    Check,
    Findings,
    Problem,
    anything,
    array,
    below,
    boolean,
    extent,
    integer,
    matching,
    number,
    one_of,
    record,
    text,
)

MOST_VALUES: Final = 200_000
MOST_DEPTH: Final = 64
MOST_NODES: Final = 5_000
MOST_LEVELS: Final = 12
NODE_TYPES: Final = ("curriculum", "unit", "module", "topic", "subtopic", "lesson", "section", "segment")
SEGMENT_TYPES: Final = (
    "introduction", "lecture", "explanation", "example", "checkpoint", "transition", "summary", "conclusion",
    "narration", "content",
)  # fmt: skip
BLOOM_LEVELS: Final = ("remember", "understand", "apply", "analyze", "evaluate", "create")
ASSET_TYPES: Final = (
    "image", "diagram", "equation", "formula", "chart", "slideImage", "slideDeck", "map", "video", "generated",
)  # fmt: skip
# What JSON readers agree on: beyond this, a double skips whole numbers.
LARGEST_NUMBER: Final = 2**53 - 1
# The literal segments the API has where a curriculum's id stands.
TAKEN_IDS: Final = frozenset({"archived", "import", "progress", "reload", "subjects", "suggest", "topics"})
_TITLE: Final = text(500)
_PROSE: Final = text(50_000, least=0)
_LABEL: Final = text(500, least=0)


def curriculum_problems(document: object) -> list[Problem]:
    """Return every problem of a document, at most 200; none means it can be stored and taught."""
    if problem := extent(document, most_values=MOST_VALUES, most_depth=MOST_DEPTH):
        return [problem]
    findings = Findings()
    _DOCUMENT(document, "", findings)
    if isinstance(document, dict):
        root = cast("dict[str, Any]", document)
        _check_header(root, findings)
        _check_id(root, findings)
        _check_values(root, findings)
        _check_nodes(root, findings)
        check_prerequisites(root, findings)
    return findings.problems


def _is_id(value: str) -> bool:
    return 0 < len(value.strip()) <= 200 and value == value.strip() and value.isprintable() and "/" not in value


_PLAIN_ID: Final = matching(_is_id, "must be an id: 1 to 200 printable characters without a slash")


def _identifier(value: object, pointer: str, findings: Findings) -> None:
    """An id is a string, or an object with `value` and perhaps `catalog`."""
    if isinstance(value, dict):
        record({"value": _PLAIN_ID}, {"catalog": _LABEL})(cast("object", value), pointer, findings)
    else:
        _PLAIN_ID(value, pointer, findings)


def _text_or(other: Check) -> Check:
    """Return a check for a string or what `other` accepts."""

    def check(value: object, pointer: str, findings: Findings) -> None:
        (_PROSE if isinstance(value, str) else other)(value, pointer, findings)

    return check


# A browser would run what these name.
_SCHEME: Final = r"[\x00-\x20]*([a-z][a-z0-9+.-]*):"


def _is_address(value: str) -> bool:
    scheme = re.match(_SCHEME, value, re.IGNORECASE)
    known = scheme is None or scheme[1].lower() in {"http", "https"} or value.lower().startswith("data:image/")
    return known and value.isprintable() and (len(value) <= 2_000 or value.lower().startswith("data:image/"))


def _is_local_path(value: str) -> bool:
    parts = value.removeprefix("./").split("/")
    return (
        len(value) <= 500
        and value.isprintable()
        and not value.startswith("/")
        and "\\" not in value
        and ":" not in value
        and ".." not in parts
    )


_CHECKPOINT: Final = record({}, {"type": _LABEL, "prompt": _PROSE})
_SEGMENT: Final = record(
    {"id": _identifier, "type": one_of(*SEGMENT_TYPES), "content": text(20_000)},
    {
        "speakingNotes": record({}, {"pace": _LABEL, "emphasis": array(_PROSE, most=200), "emotionalTone": _LABEL}),
        "checkpoint": _CHECKPOINT,
        "stoppingPoint": record({}, {"type": _LABEL}),
        "glossaryRefs": array(_PROSE, most=500),
        "alternativeExplanations": array(anything, most=100),
    },
)
_OBJECTIVE: Final = record({"statement": text(5_000)}, {"id": _identifier, "bloomsLevel": one_of(*BLOOM_LEVELS)})
_CHOICE: Final = record({"id": _identifier, "text": _PROSE}, {"correct": boolean})
_ASSESSMENT: Final = record(
    {"id": _identifier, "type": _LABEL, "prompt": text(10_000)},
    {"choices": array(_CHOICE, most=50), "feedback": record({}, {})},
)
_MISCONCEPTION: Final = record(
    {"misconception": text(10_000), "correction": text(10_000)},
    {"id": _identifier, "trigger": _PROSE, "triggerPhrases": array(_PROSE, most=200)},
)
_ASSET: Final = record(
    {"id": _identifier, "type": one_of(*ASSET_TYPES), "alt": text(5_000)},
    {
        "url": matching(
            _is_address, "must be an https, http or data:image address, or a path, of at most 2000 characters"
        ),
        "localPath": matching(_is_local_path, "must be a relative path without .. and backslashes"),
        "title": _LABEL,
        "caption": _PROSE,
        "mimeType": _LABEL,
        "dimensions": record({}, {"width": number(0, 100_000), "height": number(0, 100_000)}),
        "segmentTiming": record({}, {}),
        "keywords": array(_LABEL, most=200),
    },
)
_MEDIA: Final = record({}, {"embedded": array(_ASSET, most=500), "reference": array(_ASSET, most=500)})


def _node(value: object, pointer: str, findings: Findings) -> None:
    _NODE(value, pointer, findings)


_NODE: Final = record(
    {"id": _identifier, "title": _TITLE, "type": one_of(*NODE_TYPES)},
    {
        "orderIndex": integer(0, 1_000_000),
        "description": _PROSE,
        "learningObjectives": array(_text_or(_OBJECTIVE), most=500),
        "timeEstimates": record({}, {}),
        "transcript": record(
            {}, {"segments": array(_SEGMENT, most=2_000), "totalDuration": _LABEL, "voiceProfile": record({}, {})}
        ),
        "examples": array(record({"id": _identifier}, {"title": _LABEL, "content": _PROSE}), most=500),
        "assessments": array(_ASSESSMENT, most=1_000),
        "misconceptions": array(_MISCONCEPTION, most=500),
        "media": _MEDIA,
        "tutoringConfig": record({}, {"adaptationRules": record({}, {})}),
        "content": _text_or(record({}, {"text": text(500_000, least=0)})),
        "children": array(_node, most=MOST_NODES),
    },
)
_DOCUMENT: Final = record(
    {
        "id": _identifier,
        "title": _TITLE,
        "version": _text_or(record({"number": text(100)}, {})),
        "content": array(_node, most=1_000, least=1),
    },
    {
        "description": _PROSE,
        "lifecycle": record(
            {}, {"status": _LABEL, "contributors": array(record({}, {"name": _LABEL, "role": _LABEL}), most=500)}
        ),
        "metadata": record({}, {"language": _LABEL, "keywords": array(_LABEL, most=500)}),
        "educational": record(
            {},
            {
                "typicalAgeRange": _LABEL,
                "difficulty": _LABEL,
                "typicalLearningTime": _LABEL,
                "audienceProfile": record({}, {}),
            },
        ),
        "glossary": record(
            {}, {"terms": array(record({"term": _TITLE}, {"definition": _PROSE, "pronunciation": _LABEL}), most=5_000)}
        ),
    },
)


def _check_header(document: Mapping[str, Any], findings: Findings) -> None:
    if document.get("formatIdentifier") != "umcf" and not text_of(document.get("umcf")):
        findings.add("/umcf", 'required: the format\'s version such as "1.0.0", or formatIdentifier "umcf"')


def _check_id(document: Mapping[str, Any], findings: Findings) -> None:
    if id_of(document.get("id")) in TAKEN_IDS:
        findings.add("/id", f"must not be one of {', '.join(sorted(TAKEN_IDS))}: paths of the API have these names")


def _check_values(document: Mapping[str, Any], findings: Findings) -> None:
    """Numbers and texts anywhere, also in members we know nothing of, are such as every reader holds alike."""
    level: list[tuple[str, object]] = [("", document)]
    while level:
        deeper: list[tuple[str, object]] = []
        for pointer, value in level:
            if isinstance(value, dict):
                for key, member in cast("dict[str, object]", value).items():
                    if "\x00" in key:
                        findings.add(pointer, "must not have a name with NUL")
                    deeper.append((below(pointer, key), member))
            elif isinstance(value, list):
                members = cast("list[object]", value)
                deeper += [(below(pointer, index), member) for index, member in enumerate(members)]
            elif isinstance(value, str):
                if "\x00" in value:
                    findings.add(pointer, "must not contain NUL")
            elif isinstance(value, int | float) and abs(value) > LARGEST_NUMBER:
                findings.add(pointer, f"must be a number from -{LARGEST_NUMBER} to {LARGEST_NUMBER}")
        level = deeper


def _check_nodes(document: Mapping[str, Any], findings: Findings) -> None:
    """Ids are unique: of nodes and of assets in the document, of everything else in its node."""
    node_ids: dict[str, str] = {}
    asset_ids: dict[str, str] = {}
    level = [(below("/content", at), record_of(node)) for at, node in enumerate(list_of(document.get("content")))]
    depth = nodes = 0
    while level:
        depth += 1
        nodes += len(level)
        if depth > MOST_LEVELS or nodes > MOST_NODES:
            limit = f"must hold at most {MOST_NODES} nodes in at most {MOST_LEVELS} levels"
            findings.add("/content", limit)
            return
        deeper: list[tuple[str, dict[str, Any]]] = []
        for pointer, node in level:
            _once(node, pointer, node_ids, findings)
            _check_members(node, pointer, asset_ids, findings)
            children = list_of(node.get("children"))
            deeper += [(below(f"{pointer}/children", at), record_of(child)) for at, child in enumerate(children)]
        level = deeper


def _check_members(node: Mapping[str, Any], pointer: str, asset_ids: dict[str, str], findings: Findings) -> None:
    segments = records_of(record_of(node.get("transcript")).get("segments"))
    groups = {
        "transcript/segments": segments,
        **{key: records_of(node.get(key)) for key in ("assessments", "examples", "misconceptions")},
    }
    for key, members in groups.items():
        seen: dict[str, str] = {}
        for at, member in enumerate(members):
            _once(member, f"{pointer}/{key}/{at}", seen, findings)
    media = record_of(node.get("media"))
    for key in ("embedded", "reference"):
        for at, asset in enumerate(records_of(media.get(key))):
            _once(asset, f"{pointer}/media/{key}/{at}", asset_ids, findings)


def _once(member: Mapping[str, Any], pointer: str, seen: dict[str, str], findings: Findings) -> None:
    identifier = id_of(member.get("id"))
    if not identifier:
        return
    if identifier in seen:
        findings.add(f"{pointer}/id", f"must be unique: {seen[identifier]} has the same")
    else:
        seen[identifier] = pointer
