"""What a reply answers, and how it may end before its end."""

import msgspec

from core.pipeline.conversations import Unsaid
from core.pipeline.prepared import Prepared
from core.pipeline.transcription import Transcription


class Ask(msgspec.Struct, frozen=True):
    """What is to be answered.

    Attributes:
        words: a typed question, or an utterance still in the recogniser; None: what the history ends with.
        since: the event loop's time when the learner fell silent, or sent the text.
        button: the learner held a button, and expects to be told when nothing was understood.
        answered: False: only the words are wanted, and kept.
        prepared: said in place of an answer; there are no words then.
    """

    words: str | Transcription | None
    since: float
    button: bool = False
    answered: bool = True
    prepared: Prepared | None = None

    @property
    def turn_id(self) -> str | None:
        """The exchange's, where it began on a connection before this."""
        return None if self.prepared is None or self.prepared.rest is None else self.prepared.rest.turn_id

    @property
    def is_passage(self) -> bool:
        """Whether it is of the lesson, which is no turn of the conversation."""
        return self.prepared is not None and self.prepared.passage is not None


class Outcome(msgspec.Struct, frozen=True):
    """What became of a reply.

    Attributes:
        words: what was answered; empty when nothing was understood.
        heard_ms: of its sound.
        complete: all of it was heard.
        by_learner: the learner has cut it short.
    """

    words: str
    heard_ms: int
    complete: bool
    by_learner: bool


class Cut(msgspec.Struct, frozen=True):
    """Where an answer was cut short: the text and the milliseconds that were heard of it.

    Attributes: unsaid: what another connection may say of it.
    """

    text: str
    heard_ms: int
    by_learner: bool
    unsaid: Unsaid | None = None
