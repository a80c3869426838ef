"""Small packs of questions for tests."""

from typing import Any


def a_question(question_id: str, **changes: Any) -> dict[str, Any]:
    """Return a question as a pack document holds it."""
    return {
        "id": question_id,
        "domain_id": "science",
        "subcategory": "Biology",
        "question_text": f"What is {question_id}?",
        "answer_text": question_id,
        "difficulty": 2,
        **changes,
    }


def a_pack(pack_id: str, *questions: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """Return an active pack document that holds these questions."""
    return {"id": pack_id, "name": pack_id.title(), "status": "active", "questions": list(questions), **changes}
