"""What a reply answers, and how it may end before its end."""

from dataclasses import dataclass

from core.pipeline.transcription import Transcription


@dataclass(frozen=True, slots=True)
class Ask:
    """What is to be answered.

    Attributes:
        words: a typed question, or an utterance still in the recogniser; None: what the history ends with.
        since: the event loop's time when the learner fell silent, or sent the text.
        button: the learner held a button, and expects to be told when nothing was understood.
        answered: False: only the words are wanted, and kept.
    """

    words: str | Transcription | None
    since: float
    button: bool = False
    answered: bool = True


@dataclass(frozen=True, slots=True)
class Cut:
    """Where an answer was cut short: the text and the milliseconds that were heard of it."""

    text: str
    heard_ms: int
    by_learner: bool
