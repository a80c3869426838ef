"""Every Conversations behaves alike: the one in PostgreSQL and the fake in memory."""

from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from core.conversations import StoredConversations
from core.pipeline.conversations import Conversations, Turn, Unsaid, Visit
from core.pipeline.notices import StageTimes
from shared.auth.authenticator import Authenticator
from shared.auth.caller import Caller
from shared.db import Database
from shared.domain.lesson import Lesson
from shared.errors import Conflict, NotFound, Unauthenticated, Unavailable
from shared.ids import new_id
from shared.repositories.session_events import SessionEventRepository
from shared.repositories.session_lessons import SessionLessonRepository
from shared.repositories.sessions import NewSession, SessionRepository
from tests.conftest import ALPHA, ALPHA_TENANT, BETA
from tests.fakes.conversations import MemoryConversations, MemorySession
from tests.support.identity import add_beta_token, settings_for

LIGHT = Lesson("Physics", "Light", ("Light scatters.",))


@dataclass
class Memory:
    """The fake and the hands a test needs."""

    conversations: MemoryConversations

    def session(self) -> str:
        session_id = new_id()
        self.conversations.sessions[session_id] = MemorySession(ALPHA_TENANT, {"light": LIGHT}, "light")
        return session_id

    def caller(self) -> Caller:
        return Caller("beta", ALPHA_TENANT, new_id())

    def stranger(self) -> Caller:
        return Caller("beta", BETA.tenant_id, new_id())

    def end(self, session_id: str) -> None:
        self.conversations.sessions[session_id].ended = True

    def revoke(self, caller: Caller) -> None:
        self.conversations.revoked.add(caller.credential)

    def barge_ins(self, session_id: str) -> int:
        return len(self.conversations.sessions[session_id].barge_ins)


@dataclass
class Stored:
    """The database and the same hands."""

    database: Database
    authenticator: Authenticator

    @property
    def conversations(self) -> StoredConversations:
        return StoredConversations(self.database)

    def session(self) -> str:
        new = NewSession(model_name="m", model_context_window=200_000, system_prompt="", auto_expand_context=True)
        with self.database.unit(ALPHA) as unit:
            session_id = SessionRepository(unit).add(new)
            SessionLessonRepository(unit).choose_topic(session_id, "light", title="Light", material=LIGHT)
        return session_id

    def caller(self) -> Caller:
        return self.authenticator.caller(add_beta_token(self.database, ALPHA), address="127.0.0.1")

    def stranger(self) -> Caller:
        return self.authenticator.caller(add_beta_token(self.database, BETA), address="127.0.0.1")

    def end(self, session_id: str) -> None:
        with self.database.unit(ALPHA) as unit:
            SessionRepository(unit).end(session_id)

    def revoke(self, caller: Caller) -> None:
        with self.database.unit(ALPHA) as unit:
            unit.run(
                "UPDATE beta_tokens SET revoked_at = now() WHERE tenant_id = %(tenant_id)s AND token_hash = %(hash)s",
                hash=caller.credential,
            )

    def barge_ins(self, session_id: str) -> int:
        with self.database.unit(ALPHA) as unit:
            events = SessionEventRepository(unit).find(session_id, type_="barge_in")
        return len(events.result)


House = Memory | Stored


@pytest.fixture(params=["memory", "postgres"])
def house(request: pytest.FixtureRequest) -> Iterator[House]:
    if request.param == "memory":
        yield Memory(MemoryConversations())
        return
    url = request.getfixturevalue("database_url")
    database = Database(url, pool_size=4)
    yield Stored(database, Authenticator(settings_for(url)))
    database.close()


@pytest.fixture
def visit(house: House) -> Visit:
    return Visit(house.session(), house.caller())


def port(house: House) -> Conversations:
    return house.conversations


async def test_a_session_is_opened_with_its_lesson_and_without_a_past(house: House, visit: Visit) -> None:
    conversation = await port(house).open(visit)
    assert conversation.session_id == visit.session_id
    assert conversation.lesson == LIGHT
    assert conversation.topic_id == "light"
    assert conversation.history == ()


async def test_what_was_said_is_there_when_the_session_is_opened_again(house: House, visit: Visit) -> None:
    question = Turn(turn_id=new_id(), role="user", text="Why?", times=StageTimes(stt_ms=150))
    answer = Turn(
        turn_id=question.turn_id,
        role="assistant",
        text="Light",
        interrupted=True,
        times=StageTimes(150, 200, 100, 650),
    )
    await port(house).open(visit)
    await port(house).store(visit, question)
    await port(house).store(visit, answer)
    assert (await port(house).open(visit)).history == (question, answer)


async def test_a_turn_is_stored_once_and_an_answer_grows_until_it_is_complete(house: House, visit: Visit) -> None:
    await port(house).open(visit)
    question = Turn(turn_id=new_id(), role="user", text="Why?", times=StageTimes())
    for _ in range(2):
        await port(house).store(visit, question)
    for text, complete in (("One.", False), ("One. Two.", False), ("One. Two. Three.", True), ("Late.", False)):
        answer = Turn(turn_id=question.turn_id, role="assistant", text=text, complete=complete, times=StageTimes())
        await port(house).store(visit, answer)
    history = (await port(house).open(visit)).history
    assert [(turn.role, turn.text, turn.complete) for turn in history] == [
        ("user", "Why?", True),
        ("assistant", "One. Two. Three.", True),
    ]


async def test_what_is_unsaid_of_an_answer_is_kept_until_it_is_said(house: House, visit: Visit) -> None:
    await port(house).open(visit)
    turn_id = new_id()
    unsaid = Unsaid("One.", " Two. Three.")

    async def stored(text: str, *, complete: bool = True, unsaid: Unsaid | None = None) -> tuple[object, ...]:
        answer = Turn(turn_id=turn_id, role="assistant", text=text, complete=complete, unsaid=unsaid)
        await port(house).store(visit, answer)
        [turn] = (await port(house).open(visit)).history
        return turn.text, turn.complete, turn.unsaid

    assert await stored("", complete=False, unsaid=Unsaid("", "One.")) == ("", False, Unsaid("", "One."))
    assert await stored("One. Tw", unsaid=unsaid) == ("One. Tw", True, unsaid)
    assert await stored("One.", complete=False, unsaid=unsaid) == ("One. Tw", True, unsaid)  # it comes late
    more = Unsaid("One. Two.", " Three.")
    assert await stored("One. Two.", complete=False, unsaid=more) == ("One. Two.", True, more)
    assert await stored("One. Two. Three.") == ("One. Two. Three.", True, None)
    assert await stored("Late.", unsaid=unsaid) == ("One. Two. Three.", True, None)


async def test_an_interruption_counts_once(house: House, visit: Visit) -> None:
    await port(house).open(visit)
    turn_id = new_id()
    for _ in range(2):
        await port(house).barge_in(visit, turn_id, 1_200)
    assert house.barge_ins(visit.session_id) == 1


async def test_where_the_learner_stands_is_kept(house: House, visit: Visit) -> None:
    await port(house).open(visit)
    await port(house).stand_at(visit, 3, 1_500)
    assert (await port(house).read(visit)).situation.position == 3
    assert await port(house).related(visit, "anything") == ()


async def test_a_topic_that_does_not_exist_changes_nothing(house: House, visit: Visit) -> None:
    with pytest.raises(NotFound):
        await port(house).choose_topic(visit, "elsewhere")
    assert (await port(house).open(visit)).topic_id == "light"


async def test_an_unknown_session_and_that_of_another_tenant_are_the_same(house: House, visit: Visit) -> None:
    for other in (Visit(new_id(), visit.caller), Visit(visit.session_id, house.stranger())):
        with pytest.raises(NotFound):
            await port(house).open(other)
        with pytest.raises(NotFound):
            await port(house).store(other, Turn(turn_id=new_id(), role="user", text="Why?"))
        with pytest.raises(NotFound):
            await port(house).check(other)


async def test_an_ended_session_takes_only_the_answer_that_was_being_spoken(house: House, visit: Visit) -> None:
    await port(house).open(visit)
    house.end(visit.session_id)
    turn_id = new_id()
    for refused in (
        port(house).open(visit),
        port(house).check(visit),
        port(house).store(visit, Turn(turn_id=turn_id, role="user", text="Why?")),
    ):
        with pytest.raises(Conflict) as caught:
            await refused
        assert caught.value.error_code == "session_ended"
    await port(house).store(visit, Turn(turn_id=turn_id, role="assistant", text="Because"))


async def test_a_revoked_credential_is_refused_everywhere(house: House, visit: Visit) -> None:
    await port(house).open(visit)
    house.revoke(visit.caller)
    for refused in (
        port(house).open(visit),
        port(house).check(visit),
        port(house).store(visit, Turn(turn_id=new_id(), role="user", text="Why?")),
    ):
        with pytest.raises(Unauthenticated):
            await refused


async def test_a_database_that_does_not_answer_is_unavailable_after_some_patience() -> None:
    database = Database("postgresql://nobody@127.0.0.1:1/none", pool_size=4)
    with pytest.raises(Unavailable):
        await StoredConversations(database).open(Visit(new_id(), Caller("session", new_id(), new_id())))
