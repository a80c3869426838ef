"""Small UMCF documents for tests."""

from typing import Any

PICTURE = b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1 1"><circle r="1"/></svg>'


def a_topic(topic_id: str, **changes: Any) -> dict[str, Any]:
    """Return a topic node with one spoken segment; a change to None leaves a member out."""
    segment = {"id": f"{topic_id}-1", "type": "lecture", "content": f"This is {topic_id}."}
    topic = {
        "id": {"value": topic_id},
        "title": topic_id.title(),
        "type": "topic",
        "transcript": {"segments": [segment]},
        **changes,
    }
    return {key: value for key, value in topic.items() if value is not None}


def a_document(curriculum_id: str, *topics: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """Return a valid document with these topics, or with one."""
    root = {"id": {"value": "root"}, "title": "All", "type": "curriculum", "children": list(topics or [a_topic("one")])}
    return {
        "umcf": "1.0.0",
        "id": {"value": curriculum_id},
        "title": curriculum_id.title(),
        "version": {"number": "1.0.0"},
        "content": [root],
        **changes,
    }
