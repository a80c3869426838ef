"""A small curriculum to teach in tests."""

from typing import Any

from shared.db import Database, Entry
from shared.domain.curriculum import read_curriculum
from shared.repositories.curricula import CurriculumRepository
from shared.repositories.topics import TopicRepository

LIGHT = "light"
RAINBOWS = "rainbows"
MIRRORS = "mirrors"


def light_document(*, curriculum_id: str = LIGHT, title: str = "Light") -> dict[str, Any]:
    """Return a UMCF document with the topics Rainbows and Mirrors."""
    return {
        "umcf": "1.0.0",
        "id": {"value": curriculum_id},
        "title": title,
        "version": {"number": "1.0.0"},
        "glossary": {"terms": [{"term": "refraction", "definition": "the bending of light"}]},
        "content": [
            {
                "id": {"value": "unit"},
                "title": "Unit",
                "type": "unit",
                "children": [
                    {
                        "id": {"value": RAINBOWS},
                        "title": "Rainbows",
                        "type": "topic",
                        "learningObjectives": [{"id": {"value": "o1"}, "statement": "Say why a rainbow is round"}],
                        "misconceptions": [
                            {
                                "id": {"value": "m1"},
                                "triggerPhrases": ["colours are added"],
                                "misconception": "Rain adds the colours.",
                                "correction": "They are in sunlight already.",
                            }
                        ],
                        "transcript": {
                            "segments": [
                                {"id": "s1", "type": "lecture", "content": "Sunlight holds every colour."},
                                {"id": "s2", "type": "lecture", "content": "A raindrop bends it: that is refraction."},
                            ]
                        },
                    },
                    {
                        "id": {"value": MIRRORS},
                        "title": "Mirrors",
                        "type": "topic",
                        "transcript": {
                            "segments": [{"id": "s1", "type": "lecture", "content": "A mirror turns light."}]
                        },
                    },
                ],
            }
        ],
    }


def store_light(database: Database, entry: Entry, **changes: str) -> None:
    """Store the curriculum for a tenant."""
    document = light_document(**changes)
    curriculum = read_curriculum(document)
    with database.unit(entry) as unit:
        CurriculumRepository(unit).store(curriculum, document)
        TopicRepository(unit).replace(curriculum.id, curriculum.topics)
