"""Tells the questions themselves whether they are spoken, as clips come and go.

What counts is the question's own text in the voice that questions are read in.
"""

from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from typing import Final

from core.providers.tts.port import Voice
from core.speech.desk import SpeechDesk
from core.speech.estimates import voice_of
from core.speech.question_audio import spoken_question
from shared.clock import utc_now
from shared.db import Unit
from shared.repositories.question_audio import QuestionAudioRepository
from shared.repositories.speech_items import Item
from shared.repositories.speech_orders import SpeechOrder

_SEGMENT: Final = "/question"


def note_items(unit: Unit, order: SpeechOrder, items: Iterable[Item], *, voice: Voice, is_there: bool) -> None:
    """Queue that texts of an order are kept, or are not; those that are no questions are passed over.

    Args: voice: the one that questions are read in.
    """
    if order.source_type == "knowledge-bowl":
        questions = [
            (item.owner_id, item.source_ref.removesuffix(_SEGMENT))
            for item in items
            if item.source_ref.endswith(_SEGMENT) and voice_of(item) == voice
        ]
        QuestionAudioRepository(unit).note(questions, read_at=order.created_at, is_there=is_there)


def note_gone(
    unit: Callable[[], AbstractContextManager[Unit]], desk: SpeechDesk, tenant_id: str, keys: Iterable[str]
) -> None:
    """Note that clips of a tenant are gone. It blocks: call it in a thread.

    Args: unit: opens a unit of work of the tenant.
    """
    gone = frozenset(keys)
    if not gone:
        return
    read_at = utc_now()
    voice = desk.voice()
    with unit() as reading:
        spoken = QuestionAudioRepository(reading).own()
    silent = [
        (tenant_id, question.id)
        for question in spoken.result
        if not gone.isdisjoint(desk.keys(tenant_id, spoken_question(question.question_text), voice))
    ]
    if silent:
        with unit() as writing:
            QuestionAudioRepository(writing).note(silent, read_at=read_at, is_there=False)
