"""Conversations in memory: passes the same conformance test as those in PostgreSQL."""

from collections.abc import Callable
from dataclasses import dataclass, field

from msgspec import structs

from core.pipeline.conversations import Conversation, Turn, Visit
from shared.domain.context import Situation
from shared.domain.lesson import Lesson
from shared.errors import AppError, Conflict, NotFound, Unauthenticated


@dataclass
class MemorySession:
    """One session; `barge_ins` maps turn ids to the milliseconds heard, `related` a word to what other topics say."""

    tenant_id: str
    lessons: dict[str, Lesson] = field(default_factory=dict[str, Lesson])
    topic_id: str = ""
    ended: bool = False
    turns: list[Turn] = field(default_factory=list[Turn])
    barge_ins: dict[str, int] = field(default_factory=dict[str, int])
    connection: int = 0
    related: dict[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])
    stood_at: list[tuple[int, int]] = field(default_factory=list[tuple[int, int]])


class MemoryConversations:
    """Sessions by id. A test may revoke credentials, and fail the next calls of a method."""

    def __init__(self) -> None:
        self.sessions: dict[str, MemorySession] = {}
        self.revoked: set[str | None] = set()
        self.failures: dict[str, list[AppError]] = {}
        self.stored = 0
        self.changed: Callable[[], None] = lambda: None

    async def open(self, visit: Visit) -> Conversation:
        session = self._session(visit, "open")
        session.connection += 1
        return self._conversation(visit, session)

    async def read(self, visit: Visit) -> Conversation:
        return self._conversation(visit, self._session(visit, "read"))

    async def store(self, visit: Visit, turn: Turn) -> None:
        session = self._session(visit, "store", late=turn.role == "assistant")
        self.stored += 1
        for i, known in enumerate(session.turns):
            if (known.turn_id, known.role) == (turn.turn_id, turn.role):
                if not known.complete or (known.unsaid and (turn.complete or len(turn.text) > len(known.text))):
                    session.turns[i] = structs.replace(turn, complete=known.complete or turn.complete)
                break
        else:
            session.turns.append(turn)
        self.changed()

    async def barge_in(self, visit: Visit, turn_id: str, heard_ms: int) -> None:
        self._session(visit, "barge_in").barge_ins.setdefault(turn_id, heard_ms)

    async def related(self, visit: Visit, words: str) -> tuple[str, ...]:
        session = self._session(visit, "related")
        return tuple(text for word, texts in session.related.items() if word in words for text in texts)

    async def stand_at(self, visit: Visit, position: int, offset_ms: int) -> None:
        session = self._session(visit, "stand_at")
        session.stood_at.append((position, offset_ms))
        self.changed()

    async def choose_topic(self, visit: Visit, topic_id: str) -> Conversation:
        session = self._session(visit, "choose_topic")
        if topic_id not in session.lessons:
            raise NotFound(f"topic {topic_id} not found")
        session.topic_id = topic_id
        return self._conversation(visit, session)

    async def check(self, visit: Visit) -> int:
        return self._session(visit, "check").connection

    def _session(self, visit: Visit, method: str, *, late: bool = False) -> MemorySession:
        if failures := self.failures.get(method):
            raise failures.pop(0)
        if visit.caller.credential in self.revoked:
            raise Unauthenticated("the token is not valid")
        session = self.sessions.get(visit.session_id)
        if session is None or session.tenant_id != visit.caller.tenant_id:
            raise NotFound(f"session {visit.session_id} not found")
        if session.ended and not late:
            raise Conflict("the session has ended", code="session_ended")
        return session

    def _conversation(self, visit: Visit, session: MemorySession) -> Conversation:
        history = tuple(structs.replace(turn) for turn in session.turns)
        lesson = session.lessons.get(session.topic_id)
        return Conversation(
            session_id=visit.session_id,
            curriculum_id="light" if lesson else "",
            topic_id=session.topic_id,
            lesson=lesson,
            situation=Situation(position=session.stood_at[-1][0] if session.stood_at else 0),
            offset_ms=session.stood_at[-1][1] if session.stood_at else 0,
            history=history,
            connection=session.connection,
        )
