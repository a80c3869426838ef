"""`./unamentis session`: what happened in a session and how long it took, for whoever owns the database.

Not a word of what was said is printed.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from infra.local.administrators import Installation
from shared.clock import iso
from shared.db import TenantEntry
from shared.db.entry import CommandLine
from shared.ids import known_id
from shared.repositories.session_events import SessionEvent, SessionEventRepository
from shared.repositories.sessions import Session, SessionOwner, SessionRepository
from shared.repositories.turns import Turn, TurnRepository

# More than anybody reads.
_MOST = 1_000


@dataclass(frozen=True, slots=True)
class _Line:
    at: datetime
    what: str
    told: str


def show(place: Installation, session_id: str) -> None:
    """Print a session's timeline.

    Raises: NotFound: no such session.
    """
    wanted = known_id(session_id, "session")
    with place.database.unit(CommandLine("session show")) as unit:
        found = SessionRepository(unit).owner(wanted)
    owner = found.result
    with place.database.unit(TenantEntry(owner.tenant_id, owner.user_id)) as unit:
        session = SessionRepository(unit).get(wanted)
        turns = TurnRepository(unit).page(wanted, limit=_MOST, offset=0)
        events = SessionEventRepository(unit).find(wanted, limit=_MOST)
    print("\n".join(timeline(owner, session.result, turns.result, events.result)))


def timeline(owner: SessionOwner, session: Session, turns: list[Turn], events: list[SessionEvent]) -> Iterator[str]:
    """Yield a session's lines, in the order things happened."""
    yield f"session {session.id} of user {owner.user_id}, tenant {owner.tenant_id}"
    yield (
        f"{session.status}, {session.turn_count} utterances, {session.barge_in_count} barge-ins, "
        f"{session.active_ms // 1000} s active"
    )
    answered = {turn.turn_id for turn in turns if turn.role == "assistant"}
    lines = [_turn(turn, answered=turn.turn_id in answered) for turn in turns]
    lines += [_Line(event.created_at, event.type, _details(event)) for event in events]
    for line in sorted(lines, key=lambda line: line.at):
        yield f"{iso(line.at)}  {line.what:<13} {line.told}".rstrip()


def _turn(turn: Turn, *, answered: bool) -> _Line:
    told = [f"{len(turn.content)} characters"]
    if turn.role == "user":
        told += [f"understood after {turn.stt_ms} ms"] if turn.stt_ms else []
        told += [] if answered else ["NO ANSWER is stored"]
        return _Line(turn.created_at, "question", ", ".join(told))
    stages = (("first sound", turn.total_ms), ("model", turn.llm_ms), ("voice", turn.tts_ms))
    told += [f"{name} after {ms} ms" for name, ms in stages if ms]
    told += ["cut short"] if turn.interrupted else []
    told += [] if turn.complete else ["NOT FINISHED: its server ended first, or it is being said"]
    return _Line(turn.created_at, "answer", ", ".join(told))


def _details(event: SessionEvent) -> str:
    """Return what goes with an event; what a learner said into an answer stays out."""
    return ", ".join(f"{name} {value}" for name, value in event.data.items() if value and name != "utterance")
