"""The last step of an import: the staged topics as one document, with what was generated told apart. Pure."""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from core.imports.orders import Progress, Wants
from shared.domain.json_values import id_of, record_of, records_of, text_of
from shared.repositories.course_imports import StagedTopic

_MOST_TERMS = 2_000
_MOST_PREREQUISITES = 5


def chosen(node: Mapping[str, Any], wants: Wants) -> dict[str, Any]:
    """Return a topic with what is wanted of it."""
    made = dict(node)
    if not wants.lecture_notes:
        made.pop("examples", None)
    if not (wants.assignments or wants.exams):
        made.pop("assessments", None)
    segments = records_of(record_of(made.get("transcript")).get("segments"))
    if not wants.transcripts and segments:
        made.pop("transcript")
        made["content"] = {"text": "\n\n".join(text_of(segment.get("content")) for segment in segments)}
    return made


def with_generated(document: Mapping[str, Any], topics: Sequence[StagedTopic], progress: Progress) -> dict[str, Any]:
    """Return a document with the terms its topics need, and a note of what was generated and by whom."""
    made = dict(document)
    terms = _terms(document, topics)
    if terms:
        glossary = record_of(made.get("glossary"))
        made["glossary"] = {**glossary, "terms": [*records_of(glossary.get("terms")), *terms]}
    stats = progress.stats
    counts = {
        "objectives": stats.objectives_generated,
        "checkpoints": stats.checkpoints_generated,
        "assessments": stats.assessments_generated,
        "terms": len(terms),
        "spokenSegments": stats.segments_rewritten,
    }
    if any(counts.values()):
        generated = {"by": progress.model, **{name: count for name, count in counts.items() if count}}
        made["sourceProvenance"] = {**record_of(made.get("sourceProvenance")), "generated": generated}
    return made


def with_prerequisites(topics: Sequence[StagedTopic]) -> list[StagedTopic]:
    """Return topics that name those before them whose terms they use: what is explained first is learned first."""
    explained: dict[str, str] = {}
    made: list[StagedTopic] = []
    for topic in topics:
        if topic.node is None:
            made.append(topic)
            continue
        words = _words(topic.node)
        needed = {key: None for term, key in explained.items() if re.search(rf"\b{re.escape(term)}\b", words)}
        node = dict(topic.node)
        if needed and not node.get("prerequisites"):
            node["prerequisites"] = [{"nodeId": key, "generated": True} for key in list(needed)[:_MOST_PREREQUISITES]]
        made.append(StagedTopic(topic.position, topic.key, node, topic.terms))
        for term in topic.terms:
            explained.setdefault(text_of(term.get("term")).lower(), id_of(topic.node.get("id")))
    return made


def _terms(document: Mapping[str, Any], topics: Iterable[StagedTopic]) -> list[dict[str, Any]]:
    known = {text_of(term.get("term")).lower() for term in records_of(record_of(document.get("glossary")).get("terms"))}
    found: list[dict[str, Any]] = []
    for term in (term for topic in topics for term in topic.terms):
        name = text_of(term.get("term")).lower()
        if name not in known and len(found) < _MOST_TERMS:
            known.add(name)
            found.append(term)
    return found


def _words(node: Mapping[str, Any]) -> str:
    segments = records_of(record_of(node.get("transcript")).get("segments"))
    return " ".join(text_of(segment.get("content")) for segment in segments).lower()
