"""What is read aloud of a question, and how much of it is spoken already."""

from collections.abc import Mapping
from typing import Final

import msgspec

from core.providers.tts.port import Voice
from core.speech import answers
from core.speech.cache import SpeechCache
from core.speech.models import KbSegment
from core.speech.stretches import pieces
from core.voice.speakable import speakable
from shared.domain.answers.answer_lines import said_answer
from shared.domain.knowledge import without_power_mark
from shared.repositories.spoken_texts import QuestionTexts

_WAV_HEADER: Final = 44


class Passage(msgspec.Struct, frozen=True):
    """A text of a question under the name of its segment; further hints are "hint_1" and so on."""

    segment: str
    text: str


def spoken_question(question_text: str) -> str:
    """Return what is read aloud of a question itself."""
    return speakable(without_power_mark(question_text))


def text_of_segment(question: QuestionTexts, segment: str, hint: int = 0) -> str:
    """Return what is read aloud; empty when the question has no such text."""
    if segment == "question":
        return spoken_question(question.question_text)
    hints = question.hints[hint : hint + 1] or [""]
    texts = {
        "answer": said_answer(question.answer_text),
        "explanation": question.explanation,
        "hint": hints[0],
    }
    return speakable(texts[segment])


def passages(question: QuestionTexts) -> list[Passage]:
    """Return every text of a question that is read aloud."""
    found = [Passage(name, text_of_segment(question, name)) for name in ("question", "answer", "explanation")]
    found += [
        Passage(f"hint_{index}" if index else "hint", text_of_segment(question, "hint", index))
        for index in range(len(question.hints))
    ]
    return [passage for passage in found if passage.text]


def availability(cache: SpeechCache, owner_id: str, text: str, sizes: Mapping[str, int], voice: Voice) -> KbSegment:
    """Return whether a text is spoken, as WAV at the phones' rate.

    Args: sizes: bytes of the owner's stored clips by their keys.
    """
    keys = [cache.key(owner_id, piece, voice) for piece in pieces(text)]
    if not keys or any(key not in sizes for key in keys):
        return KbSegment(available=False)
    seconds = sum(sizes[key] for key in keys) / 2 / cache.sample_rate
    size = _WAV_HEADER + round(seconds * answers.KB_RATE) * 2
    return KbSegment(available=True, duration=round(seconds, 2), size=size)
