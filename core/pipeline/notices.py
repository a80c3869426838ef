"""What a client is told while a conversation goes on, in no particular wire format. Durations are milliseconds."""

from collections.abc import Mapping
from typing import Literal

import msgspec

from core.voice.playback import Spoken


class StageTimes(msgspec.Struct, frozen=True):
    """How long the stages of a turn took: until the final words, the first token, the first sound.

    Attributes:
        total_ms: from the learner's last sound, or the typed question, to the first sound of the answer.
    """

    stt_ms: int = 0
    llm_ms: int = 0
    tts_ms: int = 0
    total_ms: int = 0


class SpeechStarted(msgspec.Struct, frozen=True):
    """The learner speaks, since `at_ms` of what was heard; some silence before the first word is counted in."""

    at_ms: int = 0


class SpeechEnded(msgspec.Struct, frozen=True):
    """The learner's turn is over, after `at_ms` of what was heard.

    Attributes:
        turn_id: the turn whose words are looked for in it; empty: it was dropped, or too short to be an utterance.
    """

    duration_ms: int
    at_ms: int = 0
    turn_id: str = ""


class Heard(msgspec.Struct, frozen=True):
    """The learner's words; empty text when nothing was understood."""

    text: str
    confidence: float
    latency_ms: int
    turn_id: str = ""


class ReplyStarted(msgspec.Struct, frozen=True):
    """The tutor thinks."""


class ReplyToken(msgspec.Struct, frozen=True):
    """The next piece of the answer's text."""

    text: str


class ReplyText(msgspec.Struct, frozen=True):
    """The whole answer as the model wrote it."""

    text: str
    latency_ms: int


class SpeakingStarted(msgspec.Struct, frozen=True):
    """Sound follows.

    Attributes:
        text_length: of the text known so far, in characters.
        position_ms: how much of the answer's sound was heard before: more than 0 when it goes on after it was held.
    """

    text_length: int
    turn_id: str = ""
    position_ms: int = 0


class SpeakingEnded(msgspec.Struct, frozen=True):
    """All sound of the answer was sent."""

    duration_ms: int
    latency_ms: int


class Interrupted(msgspec.Struct, frozen=True):
    """The answer stopped: sound that was sent and not yet played is to be dropped.

    Either its turn ends next, or it goes on.
    """

    turn_id: str


class AnswerResumed(msgspec.Struct, frozen=True):
    """What stopped the answer was no interruption: it goes on where the learner stopped hearing it."""

    turn_id: str


class Answer(msgspec.Struct, frozen=True):
    """An answer as it was stored.

    Attributes:
        text: what was heard of it.
        pieces: its texts in order, and the samples sent of each one's sound.
    """

    text: str = ""
    interrupted: bool = False
    pieces: tuple[Spoken, ...] = ()


class TurnEnded(msgspec.Struct, frozen=True):
    """Everything about a turn is done and stored."""

    turn_id: str
    times: StageTimes
    answer: Answer = Answer()


class SegmentStarted(msgspec.Struct, frozen=True):
    """A passage of the lesson follows, as the turn of this id; its sound begins at `offset_ms`."""

    turn_id: str
    position: int
    total: int
    text: str
    offset_ms: int


PlaybackState = Literal["interrupted", "checkpoint", "stopping_point", "paused", "ended"]


class Playback(msgspec.Struct, frozen=True):
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


class ModeChanged(msgspec.Struct, frozen=True):
    """The budget leaves another mode.

    Attributes:
        mode: "full", "text" (only sentences that are known already are spoken) or "exhausted" (nothing is answered).
        details: which budget it is and when it resets.
    """

    mode: str
    details: Mapping[str, str]


class Unvoiced(msgspec.Struct, frozen=True):
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


class QuizAsked(msgspec.Struct, frozen=True):
    """A question of a quiz is about to be read, the first being 0 of `total`; `part` of a bonus from 1, else 0."""

    quiz_id: str
    position: int
    total: int
    question_id: str
    kind: str
    part: int


class QuizAnswered(msgspec.Struct, frozen=True, kw_only=True):
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


class QuizEnded(msgspec.Struct, frozen=True):
    """A quiz is over, or was left."""

    quiz_id: str
    answered: int
    correct: int
    score: int


class Problem(msgspec.Struct, frozen=True):
    """Something failed; the session goes on when it is recoverable."""

    code: str
    message: str
    recoverable: bool = True
    details: Mapping[str, str] = msgspec.field(default_factory=dict[str, str])


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
