"""The lessons of the seed content, as core hands them to a tutor."""

import json
from functools import cache
from pathlib import Path
from typing import Any

from shared.domain.curriculum import read_curriculum
from shared.domain.lesson import Lesson
from shared.domain.lesson_material import lesson_of

CONTENT = Path(__file__).parents[2] / "content" / "curricula"


@cache
def seed_lessons() -> dict[str, Lesson]:
    """Return every topic's lesson by the topic's id."""
    lessons: dict[str, Lesson] = {}
    for path in sorted(CONTENT.glob("*.umcf.json")):
        document: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        curriculum = read_curriculum(document)
        for topic in curriculum.topics:
            lessons[topic.id] = lesson_of(curriculum.title, topic, curriculum.glossary)
    return lessons
