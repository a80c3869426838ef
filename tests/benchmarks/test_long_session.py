"""Three minutes of the long session, on conversations in memory."""

from benchmarks import virtual_time
from benchmarks.long_session import drift_ms, hold
from benchmarks.voice.clips import make_voices
from core.pipeline.conversations import Visit
from shared.auth.caller import Caller
from tests.fakes.conversations import MemoryConversations, MemorySession

SESSION = "0190aaaa-0000-7000-8000-000000000001"
TENANT = "0190aaaa-0000-7000-8000-00000000000a"


def test_every_turn_of_minutes_is_stored_once_and_nothing_drifts() -> None:
    conversations = MemoryConversations()
    session = conversations.sessions[SESSION] = MemorySession(TENANT)
    visit = Visit(SESSION, Caller("session", TENANT, "credential", "user"))
    listener, marks, _ = virtual_time.run(hold(conversations, visit, make_voices(), 3))
    asked = [turn.turn_id for turn in session.turns if turn.role == "user"]
    assert asked == listener.turns
    assert len(asked) == len(set(asked)) >= 5
    assert all(turn.complete for turn in session.turns)
    assert [mark.minute for mark in marks] == [1, 2, 3]
    assert listener.counts["Problem"] == 0
    assert abs(drift_ms(listener, marks)) < 1
