"""Every language model passes the same tests: the vendor's own SDK against a server of this machine, and ours."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

import pytest

from core.metering.vendors import PaidLanguageModel
from core.providers.fallback import FallbackLanguageModel
from core.providers.llm.offline import OfflineTutor
from core.providers.llm.openai_compatible import OpenAIChat
from core.providers.llm.port import LanguageModel, Message, ModelUsage, Prompt, Token
from core.providers.mock import MockLanguageModel
from core.providers.streams import closing
from shared.domain.lesson import Lesson
from shared.errors import ProviderUnavailable
from tests.core.providers.conformance import (
    FAULTS,
    LIMIT_S,
    FreePayer,
    cancelled_after,
    check_failure,
    gathered,
    vendor,
)
from tests.fakes.vendors import FakeModel
from tests.vendors.speech_server import REPLY, Fault, SpeechServer

LESSON = Lesson(
    "Light", "Why the sky is blue", ("Why is the sky blue? The sky is blue because air scatters blue light.",)
)
PROMPT = Prompt(
    (
        Message("system", "You are a tutor."),
        Message("user", "Hello"),
        Message("assistant", "Hello."),
        Message("user", "Why is the sky blue?"),
    ),
    LESSON,
    max_tokens=40,
)

REMOTE: dict[str, Callable[[str], LanguageModel]] = {
    "compatible": lambda url: OpenAIChat(
        name="compatible", api_key="k", model="m", base_url=f"{url}/v1", timeout_s=LIMIT_S
    ),
}
LOCAL: dict[str, Callable[[], LanguageModel]] = {
    "offline": OfflineTutor,
    "mock": MockLanguageModel,
    "fake": lambda: FakeModel("Light", " scatters."),
    "paid": lambda: PaidLanguageModel(OfflineTutor(), FreePayer()),
    "fallback": lambda: FallbackLanguageModel(
        [OpenAIChat(api_key="k", base_url="http://127.0.0.1:9/v1"), OfflineTutor()]
    ),
}


@dataclass
class Subject:
    """An adapter, and its vendor where it has one."""

    llm: LanguageModel
    server: SpeechServer | None


@asynccontextmanager
async def opened(name: str) -> AsyncGenerator[Subject]:
    async with vendor() as server:
        llm = REMOTE[name](server.url) if name in REMOTE else LOCAL[name]()
        try:
            yield Subject(llm, server if name in REMOTE else None)
        finally:
            await llm.close()


@pytest.fixture(params=[*REMOTE, *LOCAL])
async def subject(request: pytest.FixtureRequest) -> AsyncIterator[Subject]:
    async with opened(request.param) as made:
        yield made


@pytest.fixture(params=REMOTE)
async def remote(request: pytest.FixtureRequest) -> AsyncIterator[tuple[LanguageModel, SpeechServer]]:
    async with opened(request.param) as made:
        assert made.server is not None
        yield made.llm, made.server


async def test_the_last_item_and_only_that_is_what_it_cost(subject: Subject) -> None:
    found = await gathered(subject.llm.reply(PROMPT))
    usage = found.pop()
    assert isinstance(usage, ModelUsage)
    assert usage.input_tokens >= 0
    assert usage.output_tokens > 0
    assert found
    assert all(isinstance(item, Token) and item.text for item in found)


async def test_it_has_a_name_and_a_model(subject: Subject) -> None:
    assert subject.llm.name
    assert subject.llm.model


async def test_answers_at_the_same_time(subject: Subject) -> None:
    found = await asyncio.gather(*(gathered(subject.llm.reply(PROMPT)) for _ in range(3)))
    assert found[0] == found[1] == found[2]


async def test_leaving_the_stream_early(subject: Subject) -> None:
    async with closing(subject.llm.reply(PROMPT)) as stream:
        await anext(stream)
    if subject.server is not None:
        async with asyncio.timeout(5):
            await subject.server.idle.wait()
    assert len(await gathered(subject.llm.reply(PROMPT))) > 1


async def test_cancelling_in_the_middle(remote: tuple[LanguageModel, SpeechServer]) -> None:
    llm, server = remote
    server.fault = "half silence"
    first = asyncio.Event()

    async def answer() -> AsyncIterator[object]:
        async with closing(llm.reply(PROMPT)) as stream:
            async for item in stream:
                first.set()
                yield item

    await cancelled_after(answer(), first)
    async with asyncio.timeout(5):
        await server.idle.wait()


@pytest.mark.parametrize("fault", FAULTS)
async def test_a_vendors_failure(remote: tuple[LanguageModel, SpeechServer], fault: Fault) -> None:
    llm, server = remote
    server.fault = fault
    with pytest.raises(ProviderUnavailable) as caught:
        await gathered(llm.reply(PROMPT))
    check_failure(caught.value, llm.name, FAULTS[fault])
    server.fault = None
    assert isinstance((await gathered(llm.reply(PROMPT)))[-1], ModelUsage)


async def test_an_answer_that_stops_without_an_end_is_hung_up(remote: tuple[LanguageModel, SpeechServer]) -> None:
    llm, server = remote
    server.fault = "empty"
    with pytest.raises(ProviderUnavailable) as caught:
        await gathered(llm.reply(PROMPT))
    check_failure(caught.value, llm.name, ["disconnected"])


async def test_tokens_before_a_failure_arrive(remote: tuple[LanguageModel, SpeechServer]) -> None:
    llm, server = remote
    server.fault = "half silence"
    heard: list[str] = []
    with pytest.raises(ProviderUnavailable):
        async for item in llm.reply(PROMPT):
            assert isinstance(item, Token)
            heard.append(item.text)
    assert heard
    assert heard == list(REPLY[: len(heard)])


async def test_a_vendor_that_is_not_there() -> None:
    llm = OpenAIChat(api_key="k", model="m", base_url="http://127.0.0.1:9/v1", timeout_s=LIMIT_S)
    with pytest.raises(ProviderUnavailable) as caught:
        await gathered(llm.reply(PROMPT))
    check_failure(caught.value, "openai", ["disconnected"])
    await llm.close()


async def test_what_the_vendor_is_asked(remote: tuple[LanguageModel, SpeechServer]) -> None:
    llm, server = remote
    found = await gathered(llm.reply(PROMPT))
    assert [item.text for item in found if isinstance(item, Token)] == list(REPLY)
    assert found[-1] == ModelUsage(21, 5)
    _, asked = server.asked[0]
    assert [message["role"] for message in asked["messages"]] == ["system", "user", "assistant", "user"]
    assert (asked["model"], asked["max_tokens"], asked["stream"]) == ("m", 40, True)
    assert "max_completion_tokens" not in asked


async def test_a_vendor_that_does_not_count_is_counted_for() -> None:
    async with vendor() as server:
        llm = OpenAIChat(api_key="", model="no-usage", base_url=f"{server.url}/v1")
        found = await gathered(llm.reply(PROMPT))
        await llm.close()
    assert found[-1] == ModelUsage(input_tokens=12, output_tokens=6)
