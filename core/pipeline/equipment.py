"""What every session of one process works with."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import msgspec

from core.metering.port import Metering
from core.metering.unmetered import Unmetered
from core.observability.record import Observe, nobody
from core.pipeline.conversations import Conversations
from core.providers import Providers
from core.providers.tts.port import TextToSpeech, Voice
from core.providers.vad.port import VoiceDetector
from core.quiz.port import NoQuizzes, Quizzes
from core.settings import VoiceSettings
from core.speech.desk import Clip
from shared.auth.caller import Caller
from shared.errors import Unavailable

# Who speaks in a caller's sessions, given who makes what is not cached: speech is cached for each tenant alone.
SpeechFor = Callable[[Caller, TextToSpeech], TextToSpeech]


# Given a caller, the tenant whose text it is, the text and the voice: all of it as a clip, from the cache if it can be.
Narrate = Callable[[Caller, str, str, Voice], Awaitable[Clip]]


async def no_narrator(caller: Caller, owner_id: str, text: str, voice: Voice) -> Clip:
    """Refuse: this process makes no clips."""
    del caller, owner_id, text, voice
    raise Unavailable("no speech is made here", code="no_speech")


@dataclass(slots=True)
class Counts:
    """What operators want to know about this process."""

    turns: int = 0
    prepared: int = 0  # replies begun before the learner's turn was surely over
    wasted: int = 0  # of those, forgotten because the learner went on
    interrupted: int = 0
    failed: int = 0


class Equipment(msgspec.Struct, frozen=True, kw_only=True):
    """Providers, detector and store, made once and shared; sessions hire the providers through the metering.

    Attributes:
        observe: is told of each turn when it is over.
        narrate: makes a clip of a lesson's text.
        quizzes: brings questions and keeps answers.
    """

    providers: Providers
    speech: SpeechFor
    detector: VoiceDetector
    conversations: Conversations
    metering: Metering = msgspec.field(default_factory=Unmetered)
    settings: VoiceSettings = msgspec.field(default_factory=VoiceSettings)
    counts: Counts = msgspec.field(default_factory=Counts)
    observe: Observe = nobody
    narrate: Narrate = no_narrator
    quizzes: Quizzes = msgspec.field(default_factory=NoQuizzes)
