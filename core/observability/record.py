"""One turn as operators see it: how long each stage took and how it ended; ids and numbers, never words."""

from collections.abc import Callable
from datetime import datetime
from enum import Enum

import msgspec


class Outcome(Enum):
    """How a turn ended."""

    ANSWERED = "answered"
    INTERRUPTED = "interrupted"  # the answer was cut short
    UNHEARD = "unheard"  # no words were understood
    FAILED = "failed"  # a vendor failed: the learner was told, and what was said is stored
    LOST = "lost"  # it could not be stored: the learner was told


class StageName(Enum):
    """What is timed. Each begins and ends as said here."""

    ENDPOINT = "endpoint"  # the learner's last sound until the turn was surely over
    STT = "stt"  # the recogniser was told of the utterance's end until its words were there
    LLM = "llm"  # the model was asked until its first token
    TTS = "tts"  # the voice was asked for the first sentence until its first sound
    VOICE_TO_VOICE = "voice_to_voice"  # the learner's last sound, or the typed question, until the first sound sent
    BARGE_IN = "barge_in"  # the learner's first sound over the tutor until the last sound sent
    SPEAKING = "speaking"  # the first sound sent until the turn was stored


class Stage(msgspec.Struct, frozen=True):
    """One stage, in milliseconds after the turn's beginning; stages overlap, and eager ones begin below 0."""

    name: StageName
    began_ms: int
    ended_ms: int

    @property
    def lasted_ms(self) -> int:
        """How long it took."""
        return self.ended_ms - self.began_ms


class TurnRecord(msgspec.Struct, frozen=True, kw_only=True):
    """A turn that is over.

    Attributes:
        began_at: the learner's last sound, or the typed question; UTC.
        lasted_ms: until it was stored, or given up.
        spoken: asked by voice.
        problem: the code the learner was told; empty where nothing failed.
        stages: those that ran to their end.
    """

    turn_id: str
    began_at: datetime
    lasted_ms: int
    spoken: bool
    outcome: Outcome
    session_id: str = ""
    tenant_id: str = ""
    problem: str = ""
    stages: tuple[Stage, ...] = ()


# Takes a turn that is over. It must not wait, and whatever it does must not reach the turn.
Observe = Callable[[TurnRecord], None]


def nobody(_record: TurnRecord) -> None:
    """Observe nothing."""
