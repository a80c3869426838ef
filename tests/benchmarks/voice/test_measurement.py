"""The load generator against a tiny server that hears loud frames and answers silence with a tone."""

import asyncio
import os
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import replace

import numpy as np
import pytest
from aiohttp import WSMsgType, web
from aiohttp.test_utils import TestServer

from benchmarks.voice.clips import Voices
from benchmarks.voice.dialects import unamentis
from benchmarks.voice.figures import Figures
from benchmarks.voice.measurement import CallFailed, Measurement, Plan
from benchmarks.voice.process_tree import ProcessTree

LOUD = 1000
TURN_ENDS_AFTER = 5  # frames of 20 ms
QUICK = Plan(phase_s=0, settle_s=0.1, spread_s=0.1, interrupt_after_s=0.1, breath_s=0.1)


def tone(seconds: float) -> bytes:
    return np.full(round(seconds * 16_000), 8000, "<i2").tobytes()


ROOM = np.ones(16_000, "<i2").tobytes()
PAUSED = tone(0.2) + ROOM[:6400] + tone(0.2)
VOICES = Voices(questions=(tone(0.3),) * 4, interruption=tone(0.4), long_speech=tone(0.4), pausing=(PAUSED,), room=ROOM)


class Tutor:
    """One call: answers an utterance with two thirds of a second of sound, until it is interrupted."""

    def __init__(self, socket: web.WebSocketResponse) -> None:
        self._socket = socket
        self._answer: asyncio.Task[None] | None = None
        self._heard = False
        self._silent = 0

    async def hear(self, pcm: bytes) -> None:
        if np.abs(np.frombuffer(pcm, "<i2")).max() > LOUD:
            self._heard, self._silent = True, 0
            if self._answer and not self._answer.done():
                self._answer.cancel()
                await self._socket.send_json({"type": "interrupted"})
            return
        self._silent += 1
        if self._heard and self._silent == TURN_ENDS_AFTER:
            self._heard = False
            await self._socket.send_json({"type": "vad_end"})
            self._answer = asyncio.create_task(self._speak())

    async def _speak(self) -> None:
        for _ in range(16):
            await self._socket.send_bytes(tone(0.04))
            await asyncio.sleep(0.04)


async def talk(request: web.Request) -> web.WebSocketResponse:
    socket = web.WebSocketResponse()
    await socket.prepare(request)
    tutor = Tutor(socket)
    async for message in socket:
        if message.type == WSMsgType.BINARY:
            await tutor.hear(message.data)
    return socket


async def hang_up(request: web.Request) -> web.WebSocketResponse:
    socket = web.WebSocketResponse()
    await socket.prepare(request)
    await socket.close()
    return socket


@asynccontextmanager
async def address(path: str) -> AsyncGenerator[str]:
    app = web.Application()
    app.router.add_get("/talk", talk)
    app.router.add_get("/hang_up", hang_up)
    async with TestServer(app) as server:
        yield str(server.make_url(path))


async def measure(path: str, plan: Plan, callers: int = 1) -> Figures:
    async with address(path) as url:
        figures = Figures("tiny", callers)
        return await Measurement(figures, ProcessTree(os.getpid()), VOICES, plan).run([url] * callers, unamentis)


async def test_questions_are_answered_and_interruptions_heard() -> None:
    figures = await measure("/talk", replace(QUICK, turns=1, barge_ins=1), callers=2)
    assert figures.voice_to_voice
    assert (figures.voice_to_voice.count, figures.missed_turns) == (2, 0)
    assert figures.barge_in_signal
    assert (figures.barge_in_signal.count, figures.barge_ins_unnoticed) == (2, 0)
    assert (figures.calls_lost, figures.false_ends) == (0, 0)


async def test_an_end_told_in_a_pause_is_false() -> None:
    figures = await measure("/talk", replace(QUICK, turns=0, barge_ins=0, pauses=1))
    assert (figures.paused_utterances, figures.false_ends, figures.talked_over) == (1, 1, 1)


async def test_a_server_that_hangs_up_is_not_measured() -> None:
    with pytest.raises(CallFailed, match="tiny hung up"):
        await measure("/hang_up", QUICK)


async def test_a_server_that_refuses_is_not_measured() -> None:
    with pytest.raises(CallFailed, match="tiny refused"):
        await measure("/nowhere", QUICK)
