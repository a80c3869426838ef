"""The offline tutor streams what the lesson answers."""

from core.providers.llm.offline import OfflineTutor
from core.providers.llm.port import Message, ModelUsage, Prompt, Token
from shared.domain.tutoring import Said, reply
from tests.support.seed_lessons import seed_lessons

LESSON = seed_lessons()["why-the-sky-is-blue"]


async def said(prompt: Prompt) -> list[str]:
    found = [item async for item in OfflineTutor().reply(prompt)]
    assert isinstance(found[-1], ModelUsage)
    return [item.text for item in found if isinstance(item, Token)]


async def test_the_tokens_are_the_reply() -> None:
    messages = (Message("system", "Be brief."), Message("user", "Why is the sky blue?"))
    tokens = await said(Prompt(messages, LESSON))
    assert "".join(tokens) == reply(LESSON, "Why is the sky blue?")
    assert len(tokens) > 10


async def test_the_conversation_counts() -> None:
    first = reply(LESSON, "Why is the sky blue?")
    messages = (Message("user", "Why is the sky blue?"), Message("assistant", first), Message("user", "say that again"))
    tokens = await said(Prompt(messages, LESSON))
    history = (Said("user", "Why is the sky blue?"), Said("assistant", first))
    assert "".join(tokens) == reply(LESSON, "say that again", history) == f"Sure. {first}"


async def test_the_longest_answer_is_kept() -> None:
    assert len(await said(Prompt((Message("user", "Why is the sky blue?"),), LESSON, max_tokens=7))) == 7


async def test_nobody_asked_anything() -> None:
    assert "".join(await said(Prompt((Message("system", "x"),), LESSON))).startswith("I did not hear a question.")
