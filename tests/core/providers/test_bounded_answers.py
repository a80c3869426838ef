"""A vendor that sends without end fills no memory: the answer ends at a limit, long before any patience does."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import pytest
from aiohttp import web

from core.providers.llm.openai_compatible import OpenAIChat
from core.providers.llm.port import Message, Prompt
from shared.errors import ProviderUnavailable
from tests.core.providers.conformance import check_failure, gathered

PROMPT = Prompt((Message("user", "Hello"),))


@asynccontextmanager
async def endless(status: int, kind: str) -> AsyncGenerator[tuple[str, asyncio.Event]]:
    """A server whose every answer is one line without end; the event is set once nobody reads it any more."""
    left = asyncio.Event()

    async def answer(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(status=status, headers={"Content-Type": kind})
        try:
            await response.prepare(request)
            await response.write(b"data: ")
            while True:
                await response.write(b"x" * 65_536)
        except ConnectionError:
            return response
        finally:
            left.set()

    app = web.Application()
    app.router.add_post("/v1/chat/completions", answer)
    runner = web.AppRunner(app, handler_cancellation=True, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    yield f"http://127.0.0.1:{runner.addresses[0][1]}/v1", left
    await runner.cleanup()


@pytest.mark.parametrize(
    ("status", "kind"), [(200, "text/event-stream"), (500, "application/json"), (401, "text/plain")]
)
async def test_an_answer_without_end(status: int, kind: str) -> None:
    async with endless(status, kind) as (url, left):
        llm = OpenAIChat(api_key="k", model="m", base_url=url, timeout_s=60)
        async with asyncio.timeout(30):
            with pytest.raises(ProviderUnavailable) as caught:
                await gathered(llm.reply(PROMPT))
            await left.wait()
        check_failure(caught.value, "openai", ["malformed"])
        await llm.close()
