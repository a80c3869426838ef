"""`ask` against a server that speaks the contract as it is written down, good turns and bad ones."""

import asyncio
import json
import wave
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from aiohttp import WSMsgType, web
from aiohttp.test_utils import TestServer

from infra.local.ask import FRAME_BYTES, Question, converse, is_recording
from infra.local.errors import LocalError

Script = Callable[[web.WebSocketResponse], Awaitable[None]]

TOKEN = "uma_beta_2026_test"


async def good_answer(socket: web.WebSocketResponse) -> None:
    """Send one answer in the order of the contract, and a type nobody knows."""
    for event in (
        {"type": "transcript", "text": "why is the sky blue", "confidence": 0.9, "latency_ms": 12},
        {"type": "llm_start", "timestamp": "2026-01-01T00:00:00Z"},
        {"type": "llm_token", "token": "Because "},
        {"type": "llm_token", "token": "air scatters."},
        {"type": "llm_complete", "text": "Because air scatters.", "latency_ms": 5},
        {"type": "something_new", "text": 7},
    ):
        await socket.send_json(event)
    await socket.send_bytes(b"\x01\x00" * 2400)
    await socket.send_bytes(b"\x02\x00" * 2400)
    metrics = {"stt_ms": 412, "llm_ms": 35, "tts_ms": 20, "total_ms": 500}
    await socket.send_json({"type": "turn_complete", "turn_id": "t1", "metrics": metrics})


class Tutor:
    """A server with one session."""

    def __init__(self, script: Script) -> None:
        self.script = script
        self.requests: list[str] = []
        self.controls: list[dict[str, Any]] = []
        self.speech = bytearray()

    def app(self) -> web.Application:
        app = web.Application()
        app.router.add_post("/api/sessions", self.create)
        app.router.add_post("/api/sessions/s1/{verb}", self.change)
        app.router.add_post("/api/auth/ws-ticket", self.ticket)
        app.router.add_get("/ws/audio", self.talk)
        return app

    async def create(self, request: web.Request) -> web.Response:
        if request.headers["Authorization"] != f"Bearer {TOKEN}":
            return web.json_response({"error": "the token is not valid", "code": "invalid_token"}, status=401)
        body = await request.json()
        self.requests.append(f"create {body['curriculum_id']}/{body['topic_id']}")
        return web.json_response({"id": "s1"}, status=201)

    async def change(self, request: web.Request) -> web.Response:
        self.requests.append(request.match_info["verb"])
        return web.json_response({"id": "s1"})

    async def ticket(self, request: web.Request) -> web.Response:
        assert request.headers["Authorization"] == f"Bearer {TOKEN}"
        return web.json_response({"ticket": "once", "expires_in": 60})

    async def talk(self, request: web.Request) -> web.WebSocketResponse:
        assert request.query == {"session": "s1", "ticket": "once"}
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        async for message in socket:
            if message.type is WSMsgType.BINARY:
                self.speech += message.data
                continue
            control = json.loads(message.data)
            self.controls.append(control)
            if control["type"] == "config":
                await socket.send_json({"type": "ready", "sample_rate": 24_000})
            elif control["type"] in ("text_input", "stop_recording"):
                await self.script(socket)
        return socket


@asynccontextmanager
async def tutor(script: Script = good_answer) -> AsyncGenerator[tuple[Tutor, str]]:
    made = Tutor(script)
    async with TestServer(made.app()) as server:
        yield made, str(server.make_url("")).rstrip("/")


def question(url: str, folder: Path, asked: str = "Why is the sky blue?", token: str = TOKEN) -> Question:
    return Question(asked=asked, url=url, token=token, curriculum="light", topic="sky", answer=folder / "answer.wav")


async def test_a_typed_question_is_answered_aloud(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    async with tutor() as (made, url):
        await converse(question(url, tmp_path), b"")
    shown = capsys.readouterr().out
    assert shown.count("You:") == 1
    assert "You:    Why is the sky blue?\n" in shown
    assert "Tutor:  Because air scatters.\n" in shown
    assert "speech to text     412 ms" in shown
    assert "first sound" in shown
    assert made.requests == ["create light/sky", "start", "end"]
    assert made.controls[0]["type"] == "config"
    with wave.open(str(tmp_path / "answer.wav")) as sound:
        assert (sound.getframerate(), sound.getnchannels(), sound.getnframes()) == (24_000, 1, 4800)


async def test_speech_is_streamed_whole_between_start_and_stop(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pcm = bytes(range(256)) * 24
    async with tutor() as (made, url):
        await converse(question(url, tmp_path, "question.wav"), pcm)
    shown = capsys.readouterr().out
    assert "You:    why is the sky blue\n" in shown
    assert "voice to voice" in shown
    assert bytes(made.speech) == pcm
    assert [control["type"] for control in made.controls] == ["config", "start_recording", "stop_recording"]
    assert len(pcm) > FRAME_BYTES


async def refuse(socket: web.WebSocketResponse) -> None:
    await socket.send_json({"type": "error", "code": "STT_TIMEOUT", "message": "nothing heard", "recoverable": True})


async def hang_up(socket: web.WebSocketResponse) -> None:
    await socket.send_json({"type": "llm_token", "token": "Because"})
    await socket.close(code=1012, message=b"restarting")


async def say_nothing(socket: web.WebSocketResponse) -> None:
    await socket.send_json({"type": "turn_complete", "turn_id": "t1"})


@pytest.mark.parametrize(
    ("script", "told"),
    [
        (refuse, "could not answer: nothing heard .STT_TIMEOUT"),
        (hang_up, "closed the conversation .code 1012"),
        (say_nothing, "without a word"),
    ],
)
async def test_a_turn_that_fails_gives_one_line_and_ends_the_session(tmp_path: Path, script: Script, told: str) -> None:
    async with tutor(script) as (made, url):
        with pytest.raises(LocalError, match=told):
            await converse(question(url, tmp_path), b"")
    assert made.requests[-1] == "end"
    assert not (tmp_path / "answer.wav").exists()


async def test_a_refused_token_is_told_in_the_servers_words(tmp_path: Path) -> None:
    async with tutor() as (_, url):
        with pytest.raises(LocalError, match=r"refused: the token is not valid .HTTP 401"):
            await converse(question(url, tmp_path, token="wrong"), b"")


async def test_another_kind_of_server_is_recognised(tmp_path: Path) -> None:
    async with TestServer(web.Application()) as server:
        url = str(server.make_url("")).rstrip("/")
        with pytest.raises(LocalError, match=r"is not a UnaMentis server .HTTP 404"):
            await converse(question(url, tmp_path), b"")


async def test_a_server_that_is_gone_gives_one_line(tmp_path: Path, unused_tcp_port: int) -> None:
    with pytest.raises(LocalError, match=r"no server answers at http://127.0.0.1:.*unamentis up"):
        await converse(question(f"http://127.0.0.1:{unused_tcp_port}", tmp_path), b"")


async def test_a_server_without_voice_gives_one_line(tmp_path: Path) -> None:
    made = Tutor(good_answer)
    app = web.Application()
    app.router.add_post("/api/sessions", made.create)
    app.router.add_post("/api/sessions/s1/{verb}", made.change)
    app.router.add_post("/api/auth/ws-ticket", made.ticket)
    async with TestServer(app) as server:
        with pytest.raises(LocalError, match=r"refuses the voice connection .HTTP 404"):
            await converse(question(str(server.make_url("")).rstrip("/"), tmp_path), b"")


async def test_nothing_is_left_running_after_a_failure(tmp_path: Path) -> None:
    async with tutor(hang_up) as (_, url):
        with pytest.raises(LocalError):
            await converse(question(url, tmp_path, "question.wav"), bytes(FRAME_BYTES * 4))
        own = asyncio.current_task()
        assert [task for task in asyncio.all_tasks() if task is not own and "send_question" in repr(task)] == []


def test_a_file_is_told_from_a_sentence(tmp_path: Path) -> None:
    assert is_recording("no such file.WAV")
    assert is_recording("talk.mp3")
    assert is_recording(str(tmp_path))
    assert not is_recording("Why is the sky blue?")
