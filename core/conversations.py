"""Conversations kept in PostgreSQL: a unit of work in a thread for each step, so that no transaction spans an await."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Final, TypeVar

from msgspec import structs

from core.pipeline.conversations import Conversation, Turn, Unsaid, Visit
from core.pipeline.notices import StageTimes
from core.threads import Aside
from shared.db import Database, Unit
from shared.errors import Unavailable
from shared.repositories import turns
from shared.repositories.session_events import BargeIn, SessionEventRepository
from shared.repositories.session_insights import RelatedPassages, SessionInsightRepository, scores_of
from shared.repositories.session_lessons import SessionLessonRepository
from shared.repositories.session_situations import situation_of
from shared.repositories.sessions import SessionRepository
from shared.repositories.turns import NewTurn, TurnRepository

Result = TypeVar("Result")

# Turns of the past a session begins with.
_HISTORY: Final = 40
# Waits before another attempt when the database does not answer.
_PATIENCE_S: Final = (0.1, 0.4, 1.5)
# The same for what was said: long enough for a database that was killed to recover. Then the learner is told that the
# turn is not stored.
_STORING_S: Final = (0.1, 0.4, 1.0, 2.0, 4.0, 4.0)


class StoredConversations:
    """The Conversations of a database; see the port.

    Args: aside: does units of work beside the event loop.
    """

    def __init__(self, database: Database, aside: Aside = asyncio.to_thread) -> None:
        self._database = database
        self._aside = aside

    async def open(self, visit: Visit) -> Conversation:
        """Return the session for a new voice socket and make it active."""

        def work(unit: Unit) -> Callable[[], Conversation]:
            connection = SessionRepository(unit).connect(visit.session_id)
            conversation = _read(unit, visit.session_id)
            return lambda: structs.replace(conversation(), connection=connection.result)

        return await self._run(visit, work)

    async def read(self, visit: Visit) -> Conversation:
        """Return the session as it stands now."""

        def work(unit: Unit) -> Callable[[], Conversation]:
            connection = SessionRepository(unit).touch(visit.session_id)
            conversation = _read(unit, visit.session_id)
            return lambda: structs.replace(conversation(), connection=connection.result)

        return await self._run(visit, work)

    async def store(self, visit: Visit, turn: Turn) -> None:
        """Store an utterance once."""
        times = turn.times
        new = NewTurn(
            turn_id=turn.turn_id,
            role=turn.role,
            content=turn.text,
            stt_ms=times.stt_ms if times else None,
            llm_ms=times.llm_ms if times else None,
            tts_ms=times.tts_ms if times else None,
            total_ms=times.total_ms if times else None,
            interrupted=turn.interrupted,
            complete=turn.complete,
            said=turn.unsaid.said if turn.unsaid else None,
            unsaid=turn.unsaid.rest if turn.unsaid else None,
            sound_ms=turn.sound_ms,
        )

        def work(unit: Unit) -> Callable[[], None]:
            TurnRepository(unit).keep(visit.session_id, new, late=turn.role == "assistant")
            insights = SessionInsightRepository(unit)
            insights.observe(visit.session_id, new)
            if turn.expansion is not None:
                insights.expanded(visit.session_id, turn.expansion, key=turn.turn_id)
            return lambda: None

        await self._run(visit, work, _STORING_S)

    async def barge_in(self, visit: Visit, turn_id: str, heard_ms: int) -> None:
        """Count the interruption of a turn."""
        what = BargeIn(heard_by="voice", key=turn_id, position_ms=heard_ms)

        def work(unit: Unit) -> Callable[[], None]:
            SessionEventRepository(unit).barge_in(visit.session_id, what)
            return lambda: None

        await self._run(visit, work, _STORING_S)

    async def related(self, visit: Visit, words: str) -> tuple[str, ...]:
        """Return passages of the curriculum's other topics that speak of the words."""

        def work(unit: Unit) -> Callable[[], tuple[str, ...]]:
            found = RelatedPassages(unit).find(visit.session_id, words)
            return lambda: tuple(f"{each.topic_title}: {each.text}" for each in found.result)

        return await self._run(visit, work, _STORING_S)

    async def stand_at(self, visit: Visit, position: int, offset_ms: int) -> None:
        """Keep which passage the learner hears, and how far in."""

        def work(unit: Unit) -> Callable[[], None]:
            SessionRepository(unit).set_position(visit.session_id, position, offset_ms=offset_ms)
            return lambda: None

        await self._run(visit, work, _STORING_S)

    async def choose_topic(self, visit: Visit, topic_id: str) -> Conversation:
        """Move the session to another topic and return it."""

        def work(unit: Unit) -> Callable[[], Conversation]:
            SessionLessonRepository(unit).choose_topic(visit.session_id, topic_id)
            return _read(unit, visit.session_id)

        return await self._run(visit, work)

    async def check(self, visit: Visit) -> int:
        """Only check, and return the number of the newest voice socket."""

        def work(unit: Unit) -> Callable[[], int]:
            connection = SessionRepository(unit).touch(visit.session_id)
            return lambda: connection.result

        return await self._run(visit, work)

    async def _run(
        self,
        visit: Visit,
        work: Callable[[Unit], Callable[[], Result]],
        patience_s: Sequence[float] = _PATIENCE_S,
    ) -> Result:
        """Do one unit of work as the caller, again when the database does not answer: every step may be repeated."""

        def once() -> Result:
            with self._database.unit(visit.caller.check()) as unit:
                result = work(unit)
            return result()

        for wait in patience_s:
            try:
                return await self._aside(once)
            except Unavailable:
                await asyncio.sleep(wait)
        return await self._aside(once)


def _read(unit: Unit, session_id: str) -> Callable[[], Conversation]:
    session = SessionRepository(unit).get(session_id)
    lesson = SessionLessonRepository(unit).lesson(session_id)
    scores = SessionInsightRepository(unit).scores(session_id)
    history = TurnRepository(unit).recent(session_id, _HISTORY)
    return lambda: Conversation(
        session_id=session_id,
        curriculum_id=session.result.curriculum_id,
        topic_id=session.result.topic_id,
        lesson=lesson.result.lesson,
        owner_id=lesson.result.owner_id or "",
        instructions=session.result.system_prompt,
        situation=situation_of(session.result, lesson.result),
        offset_ms=session.result.offset_ms,
        window=session.result.model_context_window,
        auto_expand=session.result.auto_expand_context,
        scores=tuple(scores_of(scores.result)),
        history=tuple(_turn(turn) for turn in history.result),
    )


def _turn(turn: turns.RecentTurn) -> Turn:
    return Turn(
        turn_id=turn.turn_id,
        role=turn.role,
        text=turn.content,
        complete=turn.complete,
        interrupted=turn.interrupted,
        times=StageTimes(turn.stt_ms or 0, turn.llm_ms or 0, turn.tts_ms or 0, turn.total_ms or 0),
        unsaid=Unsaid(turn.said or "", turn.unsaid) if turn.unsaid else None,
    )
