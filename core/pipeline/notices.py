"""What a client is told while a conversation goes on, in no particular wire format. Durations are milliseconds."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from core.voice.playback import Spoken


@dataclass(frozen=True, slots=True)
class StageTimes:
    """How long the stages of a turn took: until the final words, the first token, the first sound.

    Attributes:
        total_ms: from the learner's last sound, or the typed question, to the first sound of the answer.
    """

    stt_ms: int = 0
    llm_ms: int = 0
    tts_ms: int = 0
    total_ms: int = 0


@dataclass(frozen=True, slots=True)
class SpeechStarted:
    """The learner speaks, since `at_ms` of what was heard; some silence before the first word is counted in."""

    at_ms: int = 0


@dataclass(frozen=True, slots=True)
class SpeechEnded:
    """The learner's turn is over, after `at_ms` of what was heard.

    Attributes:
        turn_id: the turn whose words are looked for in it; empty: it was dropped, or too short to be an utterance.
    """

    duration_ms: int
    at_ms: int = 0
    turn_id: str = ""


@dataclass(frozen=True, slots=True)
class Heard:
    """The learner's words; empty text when nothing was understood."""

    text: str
    confidence: float
    latency_ms: int
    turn_id: str = ""


@dataclass(frozen=True, slots=True)
class ReplyStarted:
    """The tutor thinks."""


@dataclass(frozen=True, slots=True)
class ReplyToken:
    """The next piece of the answer's text."""

    text: str


@dataclass(frozen=True, slots=True)
class ReplyText:
    """The whole answer as the model wrote it."""

    text: str
    latency_ms: int


@dataclass(frozen=True, slots=True)
class SpeakingStarted:
    """Sound follows.

    Attributes:
        text_length: of the text known so far, in characters.
        position_ms: how much of the answer's sound was heard before: more than 0 when it goes on after it was held.
    """

    text_length: int
    turn_id: str = ""
    position_ms: int = 0


@dataclass(frozen=True, slots=True)
class SpeakingEnded:
    """All sound of the answer was sent."""

    duration_ms: int
    latency_ms: int


@dataclass(frozen=True, slots=True)
class Interrupted:
    """The answer stopped: sound that was sent and not yet played is to be dropped.

    Either its turn ends next, or it goes on.
    """

    turn_id: str


@dataclass(frozen=True, slots=True)
class AnswerResumed:
    """What stopped the answer was no interruption: it goes on where the learner stopped hearing it."""

    turn_id: str


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer as it was stored.

    Attributes:
        text: what was heard of it.
        pieces: its texts in order, and the samples sent of each one's sound.
    """

    text: str = ""
    interrupted: bool = False
    pieces: tuple[Spoken, ...] = ()


@dataclass(frozen=True, slots=True)
class TurnEnded:
    """Everything about a turn is done and stored."""

    turn_id: str
    times: StageTimes
    answer: Answer = Answer()


@dataclass(frozen=True, slots=True)
class SegmentStarted:
    """A passage of the lesson follows, as the turn of this id; its sound begins at `offset_ms`."""

    turn_id: str
    position: int
    total: int
    text: str
    offset_ms: int


PlaybackState = Literal["interrupted", "checkpoint", "stopping_point", "paused", "ended"]


@dataclass(frozen=True, slots=True)
class Playback:
    """The telling of the lesson waits.

    Attributes:
        state: "interrupted": it goes on after the tutor's answer; "checkpoint", "stopping_point": the learner was
            asked; "paused": until the client says so; "ended": everything was told.
        position, offset_ms: where it goes on; `position` is `total` at the end.
    """

    state: PlaybackState
    position: int
    total: int
    offset_ms: int


@dataclass(frozen=True, slots=True)
class ModeChanged:
    """The budget leaves another mode.

    Attributes:
        mode: "full", "text" (only sentences that are known already are spoken) or "exhausted" (nothing is answered).
        details: which budget it is and when it resets.
    """

    mode: str
    details: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Unvoiced:
    """A sentence of the answer that comes without sound, when it is due: the client may speak it itself.

    Attributes:
        text: the sentence; where the answer goes on after it was held, what is left of it.
        index: its place among the answer's sentences that come without sound, from 0.
        duration_ms: how long speaking it is likely to take.
        position_ms: where in the answer's sound it begins.
    """

    turn_id: str
    text: str
    index: int
    duration_ms: int
    position_ms: int


@dataclass(frozen=True, slots=True)
class QuizAsked:
    """A question of a quiz is about to be read, the first being 0 of `total`; `part` of a bonus from 1, else 0."""

    quiz_id: str
    position: int
    total: int
    question_id: str
    kind: str
    part: int


@dataclass(frozen=True, slots=True, kw_only=True)
class QuizAnswered:
    """An answer was judged.

    Attributes:
        points: for it. score: all points so far.
        pace_ms: from the end of the reading to the answer, 0 for one before it; `target_ms` is what it should take.
    """

    quiz_id: str
    position: int
    question_id: str
    matched: bool
    rule: str
    reason: str
    points: int
    score: int
    pace_ms: int
    target_ms: int


@dataclass(frozen=True, slots=True)
class QuizEnded:
    """A quiz is over, or was left."""

    quiz_id: str
    answered: int
    correct: int
    score: int


@dataclass(frozen=True, slots=True)
class Problem:
    """Something failed; the session goes on when it is recoverable."""

    code: str
    message: str
    recoverable: bool = True
    details: Mapping[str, str] = field(default_factory=dict[str, str])


Notice = (
    SpeechStarted
    | SpeechEnded
    | Heard
    | ReplyStarted
    | ReplyToken
    | ReplyText
    | SpeakingStarted
    | SpeakingEnded
    | Interrupted
    | AnswerResumed
    | TurnEnded
    | SegmentStarted
    | Playback
    | ModeChanged
    | Unvoiced
    | QuizAsked
    | QuizAnswered
    | QuizEnded
    | Problem
)
