"""The utterance under way, as it reaches the recogniser."""

import asyncio
from collections.abc import Callable
from typing import Final

from core.pipeline.talk import Talk
from core.pipeline.transcription import Transcription
from core.voice.dialogue import Dialogue
from core.voice.endpointing import RATE

# The recogniser is fed stretches of this length, so that its task wakes five times a second and not fifty; the end of
# an utterance is handed on at once.
_STRETCH: Final = RATE // 5


class Dictation:
    """Feeds one transcription at a time from what the dialogue has recorded.

    Args: leave: keeps the task of one that was forgotten until it has ended.
    """

    def __init__(self, talk: Talk, leave: "Callable[[asyncio.Task[object]], None]") -> None:
        self._talk = talk
        self._leave = leave
        self._transcription: Transcription | None = None
        self._offered = 0

    def open(self) -> Transcription:
        """Return a transcription of its own, which somebody else feeds."""
        settings = self._talk.equipment.settings
        return Transcription(
            self._talk.providers.stt,
            language=settings.language,
            phrases=self._talk.phrases,
            patience_s=settings.stt_s,
        )

    def begin(self, dialogue: Dialogue) -> None:
        """An utterance has begun."""
        self._transcription = self.open()
        self._offered = dialogue.utterance_from

    def offer(self, dialogue: Dialogue) -> None:
        """Hand on what has come of the utterance, once it is worth it."""
        if self._transcription is not None and dialogue.utterance_until - self._offered >= _STRETCH:
            self._hand_on(dialogue)

    def finish(self, dialogue: Dialogue) -> Transcription | None:
        """Hand on the rest of the utterance, and return its transcription: it is somebody else's now."""
        transcription = self._transcription
        if transcription is not None:
            self._hand_on(dialogue)
            transcription.close()
            self._transcription = None
        return transcription

    def forget(self) -> None:
        """Stop listening to the utterance, if there is one."""
        transcription, self._transcription = self._transcription, None
        if transcription is not None:
            transcription.cancel()
            self._leave(transcription.task)

    def _hand_on(self, dialogue: Dialogue) -> None:
        if self._transcription is None:
            return
        until = dialogue.utterance_until
        pcm = dialogue.recorder.read(self._offered, until)
        self._offered = until
        if pcm:
            self._transcription.offer(pcm)
