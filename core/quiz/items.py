"""What is asked one after the other: the questions of a pack as they are read aloud."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

import msgspec

from shared.domain.answers import Expected
from shared.domain.json_values import records_of
from shared.domain.knowledge import POWER_MARK, without_power_mark

_POINTS: Final = 10
_POWER: Final = 15
_PENALTY: Final = -5


class Card(msgspec.Struct, frozen=True):
    """A question of a pack.

    Attributes:
        details: what only its type has: a bonus's lead-in and parts, a pyramid's clues.
    """

    question_id: str
    question_type: str
    question_text: str
    answer_text: str
    acceptable_answers: Sequence[str]
    answer_type: str
    explanation: str
    speed_target_seconds: int
    details: Mapping[str, Any]


class Item(msgspec.Struct, frozen=True):
    """One thing to answer.

    Attributes:
        part: of a bonus, from 1; 0 where a question has no parts.
        text: what is read aloud.
        points: for an answer that counts. power: for one before `power_until` characters were heard.
        penalty: for a wrong one before all was heard.
        target_ms: how long an answer should take after the reading.
    """

    question_id: str
    part: int
    kind: str
    text: str
    expected: Expected
    explanation: str
    points: int
    power: int
    power_until: int
    penalty: int
    target_ms: int


def items_of(cards: Iterable[Card]) -> list[Item]:
    """Return what is asked for some questions, in their order; a bonus is asked part by part."""
    return [item for card in cards for item in _items(card)]


def _items(card: Card) -> Iterator[Item]:
    parts = records_of(card.details.get("parts")) if card.question_type == "bonus" else []
    if not parts:
        yield _item(card)
    lead_in = str(card.details.get("lead_in") or card.question_text)
    for number, part in enumerate(parts, 1):
        text = str(part.get("prompt", ""))
        yield Item(
            card.question_id,
            number,
            "bonus",
            f"{lead_in} {text}" if number == 1 else text,
            Expected(str(part.get("answer", "")), (), "text"),
            card.explanation if number == len(parts) else "",
            int(part.get("points") or _POINTS),
            0,
            0,
            0,
            card.speed_target_seconds * 1000,
        )


def _item(card: Card) -> Item:
    text = card.question_text
    if clues := records_of(card.details.get("clues")):
        text = " ".join([*(str(clue.get("text", "")) for clue in clues), text])
    mark = POWER_MARK.search(text)
    buzzed = card.question_type in {"toss_up", "pyramid"}
    return Item(
        card.question_id,
        0,
        card.question_type,
        without_power_mark(text),
        Expected(card.answer_text, tuple(card.acceptable_answers), card.answer_type),
        card.explanation,
        _POINTS,
        _POWER if buzzed and mark else 0,
        mark.start() if mark else 0,
        _PENALTY if buzzed else 0,
        card.speed_target_seconds * 1000,
    )
