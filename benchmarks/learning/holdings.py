"""Fills tenants with questions, packs and curricula made of words as frequent as words are."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import psycopg

from shared.db import Database, TenantEntry
from shared.ids import new_id
from shared.repositories.content import store_curriculum, store_domains
from shared.repositories.packs import PackRepository
from shared.repositories.questions import QuestionRepository

PACK = 500
PICTURE = b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1 1"><circle r="1"/></svg>'
CHUNK = 2_000
TOPICS = 6
DOMAINS = ("science", "history", "literature", "mathematics", "arts")


@dataclass(frozen=True, slots=True)
class Size:
    """How much a tenant has."""

    questions: int
    curricula: int


class Words:
    """Makes text: the n-th of 5000 words occurs about 1/n as often as the first."""

    def __init__(self, seed: int = 8766) -> None:
        self._random = random.Random(seed)  # noqa: S311  text to search in, no secret
        syllables = [a + b for a in "bcdfghklmnprstvz" for b in ("a", "e", "i", "o", "u", "or", "an")]
        self.words = sorted({"".join(self._random.sample(syllables, 3)) for _ in range(6_000)})[:5_000]
        self._random.shuffle(self.words)
        self._weights = [1 / (at + 1) for at in range(len(self.words))]

    def text(self, length: int) -> str:
        """Return a sentence."""
        return " ".join(self._random.choices(self.words, self._weights, k=length)).capitalize() + "."


def fill(database: Database, tenant_id: str, words: Words, have: Size, want: Size) -> None:
    """Add to a tenant's content until it has as much as wanted."""
    entry = TenantEntry(tenant_id)
    if have.questions == 0:
        with database.unit(entry) as unit:
            store_domains(unit, [a_domain(name) for name in DOMAINS])
    for begin in range(have.questions, want.questions, CHUNK):
        ids = range(begin, min(begin + CHUNK, want.questions))
        rows = [a_question(at, words) for at in ids]
        with database.unit(entry) as unit:
            QuestionRepository(unit).store(rows)
        for first in range(0, len(rows), PACK):
            held = [row["id"] for row in rows[first : first + PACK]]
            with database.unit(entry) as unit:
                name = words.text(3)
                PackRepository(unit).store({"id": f"pack-{held[0]}", "name": name, "status": "active"}, held)
    for at in range(have.curricula, want.curricula):
        with database.unit(entry) as unit:
            store_curriculum(unit, a_curriculum(at, words), {"picture.svg": PICTURE})


def add_tenants(url: str, count: int) -> list[str]:
    """Make tenants and return their ids."""
    ids = [new_id() for _ in range(count)]
    with psycopg.connect(url) as connection:
        for tenant_id in ids:
            connection.execute("SELECT app_enter(%s, NULL)", (tenant_id,))
            connection.execute(
                "INSERT INTO tenants (tenant_id, kind, name) VALUES (%s, 'organisation', 'Another')", (tenant_id,)
            )
    return ids


def tidy(url: str) -> None:
    """Do what a server does by itself in a quiet minute."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("VACUUM ANALYZE")


def a_domain(name: str) -> dict[str, Any]:
    return {"id": name, "name": name.title(), "icon_name": "atom", "weight": 0.2, "subcategories": ["one", "two"]}


def a_question(at: int, words: Words) -> dict[str, Any]:
    return {
        "id": f"q-{at:06}",
        "domain_id": DOMAINS[at % len(DOMAINS)],
        "subcategory": ("one", "two")[at % 2],
        "question_text": words.text(25),
        "answer_text": words.text(2),
        "difficulty": 1 + at % 5,
        "explanation": words.text(40),
    }


def a_curriculum(at: int, words: Words) -> dict[str, Any]:
    topics: Sequence[dict[str, Any]] = [
        {
            "id": {"value": f"topic-{topic}"},
            "title": words.text(4),
            "type": "topic",
            "description": words.text(20),
            "media": {
                "embedded": [{"id": f"p{topic}", "type": "diagram", "alt": "A disc", "localPath": "assets/picture.svg"}]
            },
            "transcript": {
                "segments": [
                    {"id": f"s{segment}", "type": "lecture", "content": words.text(60)} for segment in range(8)
                ]
            },
        }
        for topic in range(TOPICS)
    ]
    return {
        "umcf": "1.0.0",
        "id": {"value": f"curriculum-{at:05}"},
        "title": words.text(4),
        "description": words.text(30),
        "version": {"number": "1.0.0"},
        "metadata": {"keywords": words.text(5).split(), "subject": [DOMAINS[at % len(DOMAINS)]]},
        "content": [{"id": {"value": "all"}, "title": "All", "type": "unit", "children": list(topics)}],
    }
