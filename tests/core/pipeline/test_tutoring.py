"""What the model is asked in a session on a lesson: from the fakes turn by turn, and for a real lesson as stored."""

from collections.abc import AsyncIterator, Callable

import pytest
from msgspec import structs

from core.conversations import StoredConversations
from core.pipeline.conversations import Turn, Visit
from core.pipeline.notices import ReplyToken, TurnEnded
from core.pipeline.session import VoiceSession
from core.pipeline.tutoring import Tutoring
from core.providers.llm.port import Message, ModelUsage, Prompt, Token
from core.voice.dialogue import Microphone
from infra.local.seed import CONTENT
from shared.auth.authenticator import Authenticator
from shared.db import Database
from shared.domain.confidence import Expansion
from shared.domain.lesson import Lesson, Misconception
from shared.domain.tiers import TIERS, tier_of
from shared.public_content import store_public_content
from shared.repositories.session_lessons import SessionLessonRepository
from shared.repositories.sessions import NewSession, SessionRepository
from tests.conftest import ALPHA
from tests.core.pipeline.conftest import SESSION, VISIT, Room
from tests.fakes.conversations import MemoryConversations, MemorySession
from tests.fakes.vendors import FakeModel, FakeVoice
from tests.support.identity import add_beta_token, settings_for

LIGHT = Lesson(
    "Light",
    "Rainbows",
    ("Sunlight holds every colour.", "A raindrop bends it."),
    misconceptions=(Misconception(("added",), "Rain adds the colours.", "They are in sunlight already."),),
)


class Doubting(FakeModel):
    """Gives one answer after the other, word by word."""

    async def reply(self, prompt: Prompt) -> AsyncIterator[Token | ModelUsage]:
        answer = self.tokens[len(self.prompts)]
        self.prompts.append(prompt)
        try:
            for word in answer.split(" "):
                yield Token(word if word == answer.split(" ")[-1] else f"{word} ")
            yield ModelUsage(1, 1)
        finally:
            self.closed += 1


async def ask(room: Room, text: str) -> Prompt:
    before = len(room.client.only(TurnEnded))
    room.session.ask(text)
    await room.client.until(TurnEnded, before + 1)
    return room.llm.prompts[-1]


def system(prompt: Prompt) -> str:
    assert prompt.messages[0].role == "system"
    return prompt.messages[0].content


async def test_signals_of_the_learner_and_the_turns_before_are_in_view(room: Room) -> None:
    room.stored.lessons, room.stored.topic_id = {"rainbows": LIGHT}, "rainbows"
    await room.enter()
    await ask(room, "I don't understand.")
    prompt = await ask(room, "Why is it round?")
    assert "was confused: 1" in system(prompt)
    assert [message.role for message in prompt.messages] == ["system", "user", "assistant", "user"]
    assert prompt.messages[-1] == Message("user", "Why is it round?")
    assert "Being taught now:\nSunlight holds every colour." in system(prompt)
    assert "Rain adds the colours. In truth: They are in sunlight already." in system(prompt)


async def test_words_that_cut_the_tutor_short_come_first(make_room: Callable[..., Room]) -> None:
    room = make_room(tts=FakeVoice(seconds=30))
    room.stored.lessons, room.stored.topic_id = {"rainbows": LIGHT}, "rainbows"
    await room.enter()
    room.session.ask("What is light?")
    await room.client.until(bytes)
    await room.client.until(bytes)
    room.session.cancel()
    await room.client.until(TurnEnded)
    room.stored.turns[-1] = Turn(turn_id="x", role="assistant", text="Light is", interrupted=True)
    conversation = await room.conversations.read(VISIT)
    tutoring = Tutoring(room.conversations, VISIT, 200_000)
    tutoring.enter(conversation)
    prompt = tutoring.prompt(conversation.history, "Stop, why?")
    assert "The learner interrupted you and said: Stop, why?" in system(prompt)
    assert system(prompt).index("interrupted you") < system(prompt).index("Being taught now")


async def test_an_answer_that_begins_in_doubt_is_asked_for_again_with_what_other_topics_say(
    make_room: Callable[..., Room],
) -> None:
    room = make_room(llm=Doubting("I don't know that.", "A mirror turns light."))
    room.stored.lessons, room.stored.topic_id = {"rainbows": LIGHT}, "rainbows"
    room.stored.related = {"mirror": ("Mirrors: A mirror turns light.",)}
    await room.enter()
    prompt = await ask(room, "What of a mirror?")
    assert len(room.llm.prompts) == 2
    assert "From other topics of this curriculum:\nMirrors: A mirror turns light." in system(prompt)
    assert [message.content for message in prompt.messages[1:]] == ["What of a mirror?"]
    answer = room.last("assistant")
    assert answer.text == "A mirror turns light."
    assert answer.expansion == Expansion("low", "related_topics", "the answer admits a gap")
    told = [each.text for each in room.client.only(ReplyToken)]
    assert "".join(told) == "A mirror turns light."


async def test_where_nothing_more_is_found_the_doubtful_answer_stands(make_room: Callable[..., Room]) -> None:
    room = make_room(llm=Doubting("I don't know that.", "unasked"))
    room.stored.lessons, room.stored.topic_id = {"rainbows": LIGHT}, "rainbows"
    await room.enter()
    await ask(room, "What of a mirror?")
    assert len(room.llm.prompts) == 1
    assert (room.last("assistant").text, room.last("assistant").expansion) == ("I don't know that.", None)


async def test_doubt_late_in_an_answer_widens_the_next_prompt_until_answers_are_sure(
    make_room: Callable[..., Room],
) -> None:
    room = make_room(llm=Doubting("Well, I don't know that.", "Sure. It turns light.", "Fine. It does."))
    room.stored.lessons, room.stored.topic_id = {"rainbows": LIGHT}, "rainbows"
    room.stored.related = {"mirror": ("Mirrors: A mirror turns light.",)}
    await room.enter()
    await ask(room, "What of a mirror?")
    assert room.last("assistant").expansion is not None
    assert "From other topics" in system(await ask(room, "Really?"))
    assert "From other topics" not in system(await ask(room, "And then?"))


@pytest.mark.parametrize("window", [200_000, 32_000, 8_000, 4_000])
async def test_a_prompt_fits_the_tier_of_the_smaller_window(window: int) -> None:
    tier = tier_of(window)
    long = Lesson("L", "T", tuple(f"Passage {n} ends here. " * 20 for n in range(500)))
    conversations = MemoryConversations()
    conversations.sessions[SESSION] = MemorySession(VISIT.caller.tenant_id or "", {"t": long}, "t")
    tutoring = Tutoring(conversations, VISIT, window)
    tutoring.enter(await conversations.open(VISIT))
    history = [Turn(turn_id=str(n), role="user", text=f"Question {n}? " * 30) for n in range(40)]
    prompt = tutoring.prompt(history, "Why?")
    assert tier in TIERS
    instructions = 2_000
    assert sum(len(message.content) for message in prompt.messages) <= 4 * tier.total + instructions
    assert len(prompt.messages) <= 2 + tier.turns


async def test_the_model_receives_a_real_lesson_in_four_buffers(
    database: Database, database_url: str, make_room: Callable[..., Room]
) -> None:
    store_public_content(database, CONTENT)
    with database.unit(ALPHA) as unit:
        session_id = SessionRepository(unit).add(
            NewSession(
                model_name="m", model_context_window=200_000, system_prompt="Speak slowly.", auto_expand_context=True
            )
        )
        SessionLessonRepository(unit).choose_curriculum(session_id, "light-and-colour")
        SessionRepository(unit).set_position(session_id, 2)
    caller = Authenticator(settings_for(database_url)).caller(add_beta_token(database, ALPHA), address="127.0.0.1")
    visit, stored = Visit(session_id, caller), StoredConversations(database)
    conversation = await stored.open(visit)
    lesson = conversation.lesson
    assert lesson is not None
    room = make_room(llm=FakeModel("Because light scatters."))
    room.equipment = structs.replace(room.equipment, conversations=stored)
    room.session = VoiceSession(room.equipment, visit, conversation, room.client)
    room.session.configure(Microphone(hands_free=True), output_rate=16_000)
    await ask(room, "I don't understand. Can you say that again?")
    prompt = await ask(room, "Why is the sky blue?")
    told = system(prompt)
    order = ["You are a patient tutor", "Speak slowly.", "Being taught now:", f"Topic: {lesson.topic_title}"]
    order += ["How often the learner", f"Curriculum: {lesson.curriculum_title}", "This is topic 1 of"]
    assert [told.index(part) for part in order] == sorted(told.index(part) for part in order)
    assert f"Being taught now:\n{lesson.passages[2]}" in told
    assert all(term.term in told for term in lesson.glossary[:1])
    assert lesson.misconceptions[0].correction in told
    assert "asked to repeat: 1" in told
    assert "was confused: 1" in told
    assert prompt.messages[1:] == (
        Message("user", "I don't understand. Can you say that again?"),
        Message("assistant", "Because light scatters."),
        Message("user", "Why is the sky blue?"),
    )
    again = await stored.read(visit)
    assert (again.situation.signals.repetitions, again.situation.signals.confusions) == (1, 1)
    assert again.scores == (1.0, 1.0)
