"""Knowledge-bowl content: domains, questions and packs, and what a pack's questions add up to. Pure."""

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

import msgspec

from shared.domain.json_values import list_of, record_of, records_of
from shared.domain.shapes import (
    Check,
    Findings,
    Problem,
    array,
    boolean,
    integer,
    matching,
    number,
    one_of,
    record,
    text,
)

QUESTION_TYPES: Final = ("toss_up", "bonus", "pyramid", "lightning")
TIERS: Final = ("elementary", "middle_school", "jv", "varsity", "championship", "college")
SOURCES: Final = ("naqt", "nsb", "qb_packets", "custom", "ai_generated")
STATUSES: Final = ("active", "draft", "archived")
PACK_TYPES: Final = ("system", "custom", "bundle")
# The phones' words for the levels from 1; they know a sixth, research, that no server has.
DIFFICULTY_NAMES: Final = {1: "overview", 2: "foundational", 3: "intermediate", 4: "varsity", 5: "championship"}
ANSWER_TYPES: Final = (
    "text", "person", "place", "number", "numeric", "date", "title", "scientific", "multipleChoice",
)  # fmt: skip
# What only one type of question has; kept together in one column.
TYPE_DETAILS: Final = ("lead_in", "parts", "total_points", "conference_time", "clues")
_ALIASES: Final = {"fine_arts": "arts"}
MOST_PACK_QUESTIONS: Final = 10_000


# Stands in a tossup where it stops being worth more; not read aloud.
POWER_MARK: Final = re.compile(r"\s*\(\*\)\s*")


def without_power_mark(question_text: str) -> str:
    """Return a question as it is read aloud."""
    return POWER_MARK.sub(" ", question_text).strip()


def canonical_domain(name: str) -> str:
    """Return a domain's stored id: `socialStudies` is social_studies, and `fine_arts` is arts."""
    snake = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name.strip()).replace("-", "_").lower()
    return _ALIASES.get(snake, snake)


def camel_domain(domain_id: str) -> str:
    """Return a domain's name as the phones spell it: social_studies is `socialStudies`."""
    first, *rest = domain_id.split("_")
    return first + "".join(word.capitalize() for word in rest)


class PackCell(msgspec.Struct, frozen=True):
    """How many questions of a pack agree in domain, subcategory, difficulty and type; `voiced` of them have audio."""

    domain_id: str
    subcategory: str
    difficulty: int
    question_type: str
    questions: int
    voiced: int


class DomainGroup(msgspec.Struct, frozen=True):
    """One domain of a pack: its questions, and how many fall into each subcategory."""

    domain_id: str
    question_count: int
    subcategories: dict[str, int]


class PackStats(msgspec.Struct, frozen=True):
    """What a pack's questions add up to.

    Attributes:
        difficulties: always has the keys "1" to "5".
        audio_coverage_percent: whole percent, rounded down, so that 100 means all.
    """

    question_count: int
    missing_audio_count: int
    audio_coverage_percent: int
    difficulties: dict[str, int]
    question_types: list[str]
    groups: list[DomainGroup]

    @property
    def domains(self) -> dict[str, int]:
        """Questions by domain."""
        return {group.domain_id: group.question_count for group in self.groups}

    @classmethod
    def of(cls, cells: Sequence[PackCell]) -> "PackStats":
        """Add up the cells of a pack; the largest domain comes first."""
        count = sum(cell.questions for cell in cells)
        voiced = sum(cell.voiced for cell in cells)
        difficulties = {str(level): 0 for level in range(1, 6)}
        subcategories: dict[str, dict[str, int]] = {}
        for cell in cells:
            difficulties[str(cell.difficulty)] += cell.questions
            within = subcategories.setdefault(cell.domain_id, {})
            within[cell.subcategory] = within.get(cell.subcategory, 0) + cell.questions
        groups = [
            DomainGroup(domain, sum(within.values()), dict(sorted(within.items())))
            for domain, within in subcategories.items()
        ]
        return cls(
            question_count=count,
            missing_audio_count=count - voiced,
            audio_coverage_percent=voiced * 100 // count if count else 0,
            difficulties=difficulties,
            question_types=sorted({cell.question_type for cell in cells}),
            groups=sorted(groups, key=lambda group: (-group.question_count, group.domain_id)),
        )


_ID: Final = matching(
    lambda value: re.fullmatch(r"[A-Za-z0-9_-]{1,100}", value), "must be an id of 1 to 100 letters, digits, _ or -"
)
_LINES: Final = array(text(2_000), most=100)
_NEEDED: Final = {"domain_id": text(100), "question_text": text(10_000), "answer_text": text(2_000)}
_OPTIONAL: Final = {
    "subcategory": text(200, least=0),
    "acceptable_answers": _LINES,
    "answer_type": one_of(*ANSWER_TYPES),
    "difficulty": integer(1, 5),
    "difficulty_tier": one_of(*TIERS),
    "speed_target_seconds": integer(1, 3_600),
    "question_type": one_of(*QUESTION_TYPES),
    "question_source": one_of(*SOURCES),
    "competition_year": integer(1900, 2200),
    "buzzable": boolean,
    "hints": _LINES,
    "explanation": text(10_000, least=0),
    "status": one_of(*STATUSES),
    "lead_in": text(10_000, least=0),
    "parts": array(record({"prompt": text(10_000), "answer": text(2_000)}, {"points": integer(0, 1000)}), most=50),
    "total_points": integer(0, 10_000),
    "conference_time": integer(0, 3_600),
    "clues": array(
        record({"text": text(10_000)}, {"reveal_points": integer(0, 1000), "difficulty": integer(1, 5)}), most=50
    ),
}
_QUESTION: Final = record({"id": _ID, **_NEEDED}, _OPTIONAL)
_NEW_QUESTION: Final = record(_NEEDED, {"id": _ID, **_OPTIONAL})
_PACK_FIELDS: Final = {
    "description": text(5_000, least=0),
    "type": one_of(*PACK_TYPES),
    "difficulty_tier": one_of(*TIERS),
    "competition_year": integer(1900, 2200),
    "status": one_of(*STATUSES),
}
_PACK: Final = record(
    {"id": _ID, "name": text(200), "questions": array(_QUESTION, most=MOST_PACK_QUESTIONS)}, _PACK_FIELDS
)
_PACK_ITSELF: Final = record({"name": text(200)}, _PACK_FIELDS)
_DOMAINS: Final = array(
    record(
        {"id": _ID, "name": text(200), "weight": number(0, 1)},
        {"icon_name": text(100, least=0), "subcategories": array(text(200), most=100)},
    ),
    most=200,
)


def pack_problems(pack: object) -> list[Problem]:
    """Return every problem of a pack document with its questions, at most 200."""
    found = _problems(_PACK, pack)
    questions = records_of(record_of(pack).get("questions"))
    return found + _repeated([question.get("id") for question in questions], "/questions")


def pack_field_problems(pack: object) -> list[Problem]:
    """Return every problem of a pack's own fields."""
    return _problems(_PACK_ITSELF, pack)


def question_problems(question: object) -> list[Problem]:
    """Return every problem of a question that may be without an id."""
    return _problems(_NEW_QUESTION, question)


def domain_problems(domains: object) -> list[Problem]:
    """Return every problem of a list of domains."""
    return _problems(_DOMAINS, domains) + _repeated([domain.get("id") for domain in records_of(list_of(domains))], "")


def question_row(question: Mapping[str, Any]) -> dict[str, Any]:
    """Return a valid question as its row: the canonical domain, no nulls, and its type's own fields in `details`."""
    given = {key: value for key, value in question.items() if value is not None}
    details = {key: given.pop(key) for key in TYPE_DETAILS if key in given}
    return {**given, "domain_id": canonical_domain(given["domain_id"]), "details": details}


def _problems(check: Check, value: object) -> list[Problem]:
    findings = Findings()
    check(value, "", findings)
    return findings.problems


def _repeated(ids: Sequence[object], pointer: str) -> list[Problem]:
    seen: set[str] = set()
    found: list[Problem] = []
    for at, identifier in enumerate(ids):
        if isinstance(identifier, str):
            if identifier in seen:
                found.append(Problem(f"{pointer}/{at}/id", "must be unique"))
            seen.add(identifier)
    return found
