"""The port that keeps what was said, so that a session survives its server."""

from typing import Literal, Protocol

import msgspec

from core.pipeline.notices import StageTimes
from shared.auth.caller import Caller
from shared.domain.confidence import Expansion
from shared.domain.context import Situation
from shared.domain.lesson import Lesson
from shared.domain.tiers import DEFAULT_WINDOW


class Visit(msgspec.Struct, frozen=True):
    """One caller in one session."""

    session_id: str
    caller: Caller


class Unsaid(msgspec.Struct, frozen=True):
    """What is left to say of an answer whose connection ended.

    Attributes:
        said: of the answer, to the end of a clause, spaces included.
        rest: what follows it, as far as the model had written.
    """

    said: str
    rest: str


class Turn(msgspec.Struct, frozen=True, kw_only=True):
    """An utterance.

    Attributes:
        turn_id: shared by the learner's words and the answer to them.
        text: of an answer, what the learner has heard of it.
        complete: False while an answer is being spoken: it is stored again, longer.
        interrupted: the answer was cut short.
        unsaid: what another connection may say of it; None once it was interrupted, or heard to its end.
        expansion: for what other topics were searched, with success, on the way to this answer or after it.
        sound_ms: how much sound of an answer was sent.
    """

    turn_id: str
    role: Literal["user", "assistant"]
    text: str
    complete: bool = True
    interrupted: bool = False
    times: StageTimes | None = None
    unsaid: Unsaid | None = None
    expansion: Expansion | None = None
    sound_ms: int = 0


class Conversation(msgspec.Struct, frozen=True, kw_only=True):
    """A session as it stands.

    Attributes:
        curriculum_id, topic_id: empty in a free conversation.
        lesson: the topic's material; None in a free conversation.
        instructions: what the client wants the model told beside ours.
        owner_id: the tenant whose topic it is; empty where that is the learner's own.
        situation: where the session stands beside the lesson and what was said.
        offset_ms: how far the passage at its position was played.
        window: tokens the session's model holds.
        auto_expand: passages of other topics may be looked up when the tutor is unsure.
        scores: how sure the last answers sounded, 0 to 1, oldest first.
        history: the last turns, oldest first; with what is unsaid only where the learner is back soon enough.
        connection: numbers the session's voice sockets as they are opened; the highest is its only one.
    """

    session_id: str
    curriculum_id: str = ""
    topic_id: str = ""
    lesson: Lesson | None = None
    owner_id: str = ""
    instructions: str = ""
    situation: Situation = msgspec.field(default_factory=Situation)
    offset_ms: int = 0
    window: int = DEFAULT_WINDOW
    auto_expand: bool = True
    scores: tuple[float, ...] = ()
    history: tuple[Turn, ...] = ()
    connection: int = 0


class Conversations(Protocol):
    """Opens sessions and stores turns.

    Every method checks the caller's credential and raises Unauthenticated when it no longer holds, NotFound when the
    caller sees no such session, Conflict `session_ended` when it has ended, Unavailable when the store does not answer.
    """

    async def open(self, visit: Visit) -> Conversation:
        """Return the session for a new voice socket and make it active."""
        ...

    async def read(self, visit: Visit) -> Conversation:
        """Return the session as it stands now."""
        ...

    async def store(self, visit: Visit, turn: Turn) -> None:
        """Store an utterance once, however often it is sent; an answer is taken even when the session ended meanwhile.

        A turn that is already complete stays as it is, unless there is more of it to say.
        """
        ...

    async def barge_in(self, visit: Visit, turn_id: str, heard_ms: int) -> None:
        """Count the interruption of a turn, once, after `heard_ms` of its sound."""
        ...

    async def related(self, visit: Visit, words: str) -> tuple[str, ...]:
        """Return passages of the curriculum's other topics that speak of the words, the best first; mostly none."""
        ...

    async def stand_at(self, visit: Visit, position: int, offset_ms: int) -> None:
        """Keep which passage the learner hears, and how far in; a position past the last one completes the topic."""
        ...

    async def choose_topic(self, visit: Visit, topic_id: str) -> Conversation:
        """Move the session to another topic and return it.

        Raises: NotFound: also when there is no such topic.
        """
        ...

    async def check(self, visit: Visit) -> int:
        """Only check, as a sign of life, and return the number of the session's newest voice socket."""
        ...
