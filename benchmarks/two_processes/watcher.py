"""Somebody who watches one process's `/ws`, and comes back when it does."""

import asyncio
import json
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from math import inf
from typing import Final

import aiohttp

_PAUSE_S: Final = 0.1


@dataclass(slots=True)
class Watcher:
    """What was heard, and when the line stood.

    Attributes:
        turns: ids of turns it was told of.
        spans: from when to when it was connected, in seconds of the monotonic clock.
    """

    url: str
    token: str
    turns: set[str] = field(default_factory=set[str])
    spans: list[tuple[float, float]] = field(default_factory=list[tuple[float, float]])

    @asynccontextmanager
    async def watching(self, http: aiohttp.ClientSession) -> AsyncGenerator[None]:
        """Watch until the block ends; at its beginning the line stands."""
        standing = asyncio.Event()
        task = asyncio.create_task(self._watch(http, standing))
        try:
            await standing.wait()
            yield
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task

    def was_there(self, begin: float, end: float) -> bool:
        """Tell whether the line stood all the time between."""
        return any(since <= begin and end <= until for since, until in self.spans)

    async def _watch(self, http: aiohttp.ClientSession, standing: asyncio.Event) -> None:
        while True:
            with suppress(aiohttp.ClientError, ConnectionError):
                async with http.ws_connect(f"{self.url}/ws?token={self.token}") as line:
                    await self._listen(line, standing)
            await asyncio.sleep(_PAUSE_S)

    async def _listen(self, line: aiohttp.ClientWebSocketResponse, standing: asyncio.Event) -> None:
        since = inf
        async for message in line:
            if message.type is not aiohttp.WSMsgType.TEXT:
                break
            told = json.loads(message.data)
            if told["type"] == "connected":
                since = time.monotonic()
                self.spans.append((since, inf))
                standing.set()
            elif told["type"] == "session_update" and told["data"]["event"] == "turn":
                self.turns.add(told["data"]["turn_id"])
        if since is not inf:
            self.spans[-1] = (since, time.monotonic())
