"""What a UMCF document says: its summary, its topics and the material of each. Pure."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

import msgspec

from shared.domain.chunking import chunks
from shared.domain.json_values import id_of, integer_of, list_of, record_of, records_of, text_of, texts_of

Node = Mapping[str, Any]

DEFAULT_CATALOG: Final = "unamentis"
CONTAINERS: Final = frozenset({"curriculum", "unit", "module"})
STATUSES: Final = {
    "draft": "draft",
    "review": "draft",
    "archived": "archived",
    "unavailable": "archived",
    "deprecated": "archived",
}


class Topic(msgspec.Struct, frozen=True):
    """One thing to learn in one sitting.

    Attributes:
        catalog: where the id comes from.
        duration: ISO 8601, None where the document does not say.
        segments: of the transcript, in order, with `id`, `type` and `content`.
        embedded, reference: visual assets, shown with segments or on request; each has a `url` where it has a file.
    """

    id: str
    title: str
    catalog: str = DEFAULT_CATALOG
    description: str = ""
    type: str = "topic"
    order_index: int = 0
    duration: str | None = None
    segments: list[dict[str, Any]] = msgspec.field(default_factory=list[dict[str, Any]])
    objectives: list[dict[str, Any]] = msgspec.field(default_factory=list[dict[str, Any]])
    misconceptions: list[dict[str, Any]] = msgspec.field(default_factory=list[dict[str, Any]])
    examples: list[dict[str, Any]] = msgspec.field(default_factory=list[dict[str, Any]])
    assessments: list[dict[str, Any]] = msgspec.field(default_factory=list[dict[str, Any]])
    embedded: list[dict[str, Any]] = msgspec.field(default_factory=list[dict[str, Any]])
    reference: list[dict[str, Any]] = msgspec.field(default_factory=list[dict[str, Any]])


class Curriculum(msgspec.Struct, frozen=True):
    """The summary of a document, its topics, and what is shared by them.

    Attributes:
        status: draft, published or archived.
        duration: ISO 8601.
        subjects: the fields of knowledge it belongs to, as the document names them.
        glossary: terms as `{"term", "definition"?, "pronunciation"?}`.
        objectives: as `{"id"?, "statement", "blooms_level"?}`.
    """

    id: str
    catalog: str
    title: str
    description: str
    version: str
    status: str
    language: str
    difficulty: str
    age_range: str
    duration: str
    keywords: list[str]
    subjects: list[str]
    author: str | None
    grade_level: str | None
    source: str | None
    visual_asset_count: int
    topics: list[Topic]
    glossary: list[dict[str, Any]]
    objectives: list[dict[str, Any]]


def read_curriculum(document: Node) -> Curriculum:
    """Return what a valid document, normalised for the phones, says; what it leaves out gets the format's defaults."""
    educational = record_of(document.get("educational"))
    metadata = record_of(document.get("metadata"))
    roots = records_of(document.get("content"))
    topics = [_topic(node, index) for index, node in enumerate(topic_nodes(roots))]
    return Curriculum(
        id=id_of(document.get("id")),
        catalog=text_of(record_of(document.get("id")).get("catalog")) or DEFAULT_CATALOG,
        title=text_of(document.get("title")),
        description=text_of(document.get("description")),
        version=text_of(record_of(document.get("version")).get("number")),
        status=STATUSES.get(text_of(record_of(document.get("lifecycle")).get("status")).lower(), "published"),
        language=text_of(metadata.get("language")) or "en-US",
        difficulty=text_of(educational.get("difficulty")) or "medium",
        age_range=text_of(educational.get("typicalAgeRange")) or "18+",
        duration=text_of(educational.get("typicalLearningTime")) or "PT4H",
        keywords=texts_of(metadata.get("keywords")),
        subjects=texts_of(metadata.get("subject")) or texts_of([metadata.get("subject")]),
        author=_author(document),
        grade_level=text_of(record_of(educational.get("audienceProfile")).get("gradeLevel")) or None,
        source=_source(document),
        visual_asset_count=sum(len(embedded) + len(reference) for embedded, reference in map(_assets, walk(roots))),
        topics=topics,
        glossary=_glossary(document),
        objectives=[o for root in roots for o in _objectives(root)]
        or [o for topic in topics for o in topic.objectives],
    )


def walk(nodes: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Yield nodes and everything below them, each before its children, in the order of the document."""
    for node in nodes:
        yield node
        yield from walk(children_of(node))


def children_of(node: Node) -> list[dict[str, Any]]:
    """Return the children of a node in their order."""
    children = records_of(node.get("children"))
    ordered = sorted(enumerate(children), key=lambda pair: (_order(pair[1], pair[0]), pair[0]))
    return [child for _, child in ordered]


def topic_nodes(roots: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the nodes the API calls topics: below the roots, the first on each branch that has something to say.

    A branch without any transcript or text is an outline: its top is the topic. A root that is no container, or has no
    children, is a topic itself.
    """
    topics: list[dict[str, Any]] = []
    for root in roots:
        below = children_of(root)
        if below and (text_of(root.get("type")) in CONTAINERS or not _speaks(root)):
            topics += [topic for child in below for topic in _topics_from(child)]
        else:
            topics.append(root)
    return topics


def _topics_from(node: dict[str, Any]) -> list[dict[str, Any]]:
    if _speaks(node) or not any(map(_speaks, walk(children_of(node)))):
        return [node]
    return [topic for child in children_of(node) for topic in _topics_from(child)]


def _speaks(node: Node) -> bool:
    return bool(records_of(record_of(node.get("transcript")).get("segments")) or _body(node))


def _body(node: Node) -> str:
    content = node.get("content")
    return text_of(record_of(content).get("text")) or text_of(content)


def _order(node: Node, position: int) -> int:
    index = integer_of(node.get("orderIndex"))
    return position if index is None else index


def _topic(node: dict[str, Any], index: int) -> Topic:
    """Return a topic with all the material of the nodes below it, in order."""
    nodes = list(walk([node]))
    assets = [_assets(part) for part in nodes]
    transcript = record_of(node.get("transcript"))
    estimates = record_of(node.get("timeEstimates"))
    return Topic(
        id=id_of(node.get("id")),
        catalog=text_of(record_of(node.get("id")).get("catalog")) or DEFAULT_CATALOG,
        title=text_of(node.get("title")),
        description=text_of(node.get("description")),
        type=text_of(node.get("type")) or "topic",
        order_index=index,
        duration=text_of(transcript.get("totalDuration")) or text_of(estimates.get("introductory")) or None,
        segments=_segments(nodes),
        objectives=[objective for part in nodes for objective in _objectives(part)],
        misconceptions=_with_plain_ids(nodes, "misconceptions"),
        examples=_with_plain_ids(nodes, "examples"),
        assessments=_with_plain_ids(nodes, "assessments"),
        embedded=[_plain_id(asset) for embedded, _ in assets for asset in embedded],
        reference=[_plain_id(asset) for _, reference in assets for asset in reference],
    )


def _segments(nodes: list[dict[str, Any]]) -> list[dict[str, Any]]:
    segments: list[dict[str, Any]] = []
    for node in nodes:
        spoken = records_of(record_of(node.get("transcript")).get("segments"))
        for segment in spoken:
            named = id_of(segment.get("id")) or f"segment-{len(segments)}"
            kind = text_of(segment.get("type")) or "narration"
            segments.append({**segment, "id": named, "type": kind, "content": text_of(segment.get("content"))})
        if not spoken:
            segments += [
                {"id": f"chunk-{len(segments) + at}", "type": "narration", "content": chunk}
                for at, chunk in enumerate(chunks(_body(node)))
            ]
    return segments


def _objectives(node: Node) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for item in list_of(node.get("learningObjectives")):
        objective = record_of(item)
        if statement := text_of(objective.get("statement")) or text_of(item):
            facts = {"id": id_of(objective.get("id")), "blooms_level": text_of(objective.get("bloomsLevel"))}
            found.append({"statement": statement, **{key: value for key, value in facts.items() if value}})
    return found


def _with_plain_ids(nodes: list[dict[str, Any]], key: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for node in nodes:
        for item in records_of(node.get(key)):
            found.append({**item, "id": id_of(item.get("id")) or f"{key}-{len(found)}"})
    return found


def _assets(node: Node) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    media = record_of(node.get("media"))
    return records_of(media.get("embedded")), records_of(media.get("reference"))


def _plain_id(asset: dict[str, Any]) -> dict[str, Any]:
    return {**asset, "id": id_of(asset.get("id"))}


def _glossary(document: Node) -> list[dict[str, Any]]:
    glossary = document.get("glossary")
    found: list[dict[str, Any]] = []
    for item in records_of(record_of(glossary).get("terms")) or records_of(glossary):
        if term := text_of(item.get("term")):
            facts = {
                "id": id_of(item.get("id")),
                "definition": text_of(item.get("definition")),
                "pronunciation": text_of(item.get("pronunciation")),
            }
            found.append({"term": term, **{key: value for key, value in facts.items() if value}})
    return found


def _author(document: Node) -> str | None:
    people = records_of(record_of(document.get("lifecycle")).get("contributors"))
    authors = [person for person in people if text_of(person.get("role")).lower() == "author"] or people
    return next((name for person in authors if (name := text_of(person.get("name")))), None)


def _source(document: Node) -> str | None:
    provenance = record_of(document.get("sourceProvenance"))
    names = (text_of(provenance.get(key)) for key in ("sourceName", "source", "name", "originalSource"))
    return next((name for name in names if name), None)
