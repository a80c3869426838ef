"""What a curriculum lacks for being taught by voice, topic by topic. Pure."""

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any, Final

import msgspec

from core.imports.orders import Wants
from shared.domain.curriculum import topic_nodes
from shared.domain.json_values import id_of, record_of, records_of, text_of

# More than two minutes of speech without a pause.
_LONG: Final = 2_000


class Issue(msgspec.Struct, frozen=True):
    """Something a topic lacks. wish: what a job would have to be asked for; empty where no model can help."""

    kind: str
    severity: str
    topic_id: str
    topic: str
    description: str
    wish: str = ""


def issues_of(document: Mapping[str, Any]) -> list[Issue]:
    """Return what is lacking, in the order of the document."""
    return [issue for node in topic_nodes(records_of(document.get("content"))) for issue in _issues(node)]


def wanted(issue: Issue, wants: Wants) -> bool:
    """Tell whether a job with these wishes would see to an issue."""
    return bool(issue.wish) and bool(getattr(wants, issue.wish))


def analysis_answer(curriculum_id: str, document: Mapping[str, Any], analysed_at: str) -> dict[str, Any]:
    """Return what is lacking, as the console shows it."""
    issues = issues_of(document)
    nodes = topic_nodes(records_of(document.get("content")))
    return {
        "curriculumId": curriculum_id,
        "curriculumTitle": text_of(document.get("title")),
        "analyzedAt": analysed_at,
        "issues": [issue_answer(issue) for issue in issues],
        "stats": {
            "totalTopics": len(nodes),
            "totalIssues": len(issues),
            "autoFixableCount": sum(bool(issue.wish) for issue in issues),
            "issuesByType": dict(Counter(issue.kind for issue in issues)),
            "criticalCount": sum(issue.severity == "critical" for issue in issues),
            "warningCount": sum(issue.severity == "warning" for issue in issues),
            "infoCount": sum(issue.severity == "info" for issue in issues),
        },
    }


def issue_answer(issue: Issue) -> dict[str, Any]:
    """Return one issue."""
    return {
        "id": f"{issue.topic_id}:{issue.kind}",
        "issueType": issue.kind,
        "type": issue.kind,
        "severity": issue.severity,
        "location": issue.topic,
        "nodeId": issue.topic_id,
        "title": issue.description,
        "description": issue.description,
        "autoFixable": bool(issue.wish),
    }


def _issues(node: Mapping[str, Any]) -> Iterator[Issue]:
    topic_id, title = id_of(node.get("id")), text_of(node.get("title"))
    segments = records_of(record_of(node.get("transcript")).get("segments"))
    texts = [text_of(segment.get("content")) for segment in segments]

    def issue(kind: str, severity: str, description: str, wish: str = "") -> Issue:
        return Issue(kind, severity, topic_id, title, description, wish)

    if not segments:
        yield issue("missing_transcript", "critical", "has no words that are spoken")
        return
    if any(len(text) > _LONG for text in texts):
        yield issue("long_segment", "warning", f"has a segment of more than {_LONG} characters", "spoken_text")
    if not node.get("learningObjectives"):
        yield issue("missing_objectives", "warning", "says not what is learned", "objectives")
    if not any(segment.get("checkpoint") or segment.get("type") == "checkpoint" for segment in segments):
        yield issue("missing_checkpoints", "warning", "never asks whether the learner follows", "checkpoints")
    if not node.get("assessments"):
        yield issue("missing_assessments", "info", "has no questions to practise with", "practice_problems")
    if not any(segment.get("writtenText") for segment in segments):
        yield issue("written_text", "info", "is written to be read, not to be heard", "spoken_text")
