"""`./unamentis ask`: one question, spoken or typed, to a running server; the answer on the terminal and in a file."""

import asyncio
import contextlib
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, cast
from urllib.parse import urlencode, urlsplit

import aiohttp

from infra.local.errors import LocalError
from infra.local.wav import read_speech, write_speech

SPEECH_RATE: Final = 16_000
ANSWER_RATE: Final = 24_000
FRAME_MS: Final = 60
FRAME_BYTES: Final = SPEECH_RATE * 2 * FRAME_MS // 1000

# No answer takes this long between two signs of life, not even a model loading for its first sentence.
PATIENCE_SECONDS: Final = 90.0

SPOKEN: Final = (".wav", ".wave", ".mp3", ".m4a", ".ogg", ".opus", ".flac", ".aac", ".webm")
STAGES: Final = (
    ("stt_ms", "speech to text"),
    ("llm_ms", "language model"),
    ("tts_ms", "text to speech"),
    ("total_ms", "total"),
)

CONFIG: Final = {
    "type": "config",
    "sample_rate": SPEECH_RATE,
    "channels": 1,
    "format": "pcm16",
    # The recording's end is the question's end: a pause in it is not.
    "vad_enabled": False,
    "output_sample_rate": ANSWER_RATE,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What to ask, and where.

    Attributes:
        asked: a sentence, or the path of a WAV file.
        url: the server's, without a slash at the end. token: a beta or access token.
        answer: where the spoken answer is saved.
    """

    asked: str
    url: str
    token: str
    curriculum: str
    topic: str
    answer: Path


@dataclass(slots=True)
class Heard:
    """What has come back so far, to a question that was `typed` or spoken; times are seconds of the monotonic clock."""

    rate: int = ANSWER_RATE
    speech: bytearray = field(default_factory=bytearray)
    typed: bool = False
    tokens: bool = False
    asked_at: float = 0.0
    answered_at: float = 0.0
    metrics: dict[str, int] = field(default_factory=dict[str, int])


def ask(question: Question) -> None:
    """Ask, print what is heard and thought as it comes, save the spoken answer, print what each stage took.

    Raises: LocalError: nothing answers there, it refuses, or the file is no question.
    """
    pcm = read_speech(Path(question.asked), SPEECH_RATE) if is_recording(question.asked) else b""
    asyncio.run(converse(question, pcm))


def is_recording(asked: str) -> bool:
    """Tell a file from a sentence."""
    return asked.lower().endswith(SPOKEN) or Path(asked).exists()


async def converse(question: Question, pcm: bytes) -> None:
    """Open a session, ask in it, and end it."""
    headers = {"Authorization": f"Bearer {question.token}", "X-Client-Name": "unamentis ask"}
    timeout = aiohttp.ClientTimeout(total=PATIENCE_SECONDS)
    try:
        async with aiohttp.ClientSession(headers=headers, timeout=timeout) as http:
            body = {"curriculum_id": question.curriculum, "topic_id": question.topic}
            session = await post(http, f"{question.url}/api/sessions", body)
            address = f"{question.url}/api/sessions/{session['id']}"
            await post(http, f"{address}/start")
            try:
                heard = await one_turn(http, question, str(session["id"]), pcm)
            finally:
                # A session nobody ends is closed by the server later, so the first problem is the one to tell.
                with contextlib.suppress(aiohttp.ClientError, LocalError, TimeoutError):
                    await post(http, f"{address}/end")
    except aiohttp.WSServerHandshakeError as error:
        raise LocalError(f"{question.url} refuses the voice connection (HTTP {error.status})") from error
    except (aiohttp.ClientError, aiohttp.InvalidURL) as error:
        raise LocalError(f"no server answers at {question.url}: start one with ./unamentis up") from error
    except TimeoutError as error:
        raise LocalError(f"{question.url} did not answer within {PATIENCE_SECONDS:.0f} s") from error
    report(heard, question)


async def post(http: aiohttp.ClientSession, url: str, body: dict[str, str] | None = None) -> dict[str, Any]:
    """Send one request to the API.

    Raises: LocalError: it was refused; in the server's words.
    """
    async with http.post(url, json=body or {}) as answer:
        try:
            content: Any = await answer.json()
        except (aiohttp.ContentTypeError, ValueError) as error:
            raise LocalError(f"{url} is not a UnaMentis server (HTTP {answer.status})") from error
        if answer.status >= 400:
            raise LocalError(f"the server refused: {content.get('error', answer.reason)} (HTTP {answer.status})")
        return cast("dict[str, Any]", content)


async def one_turn(http: aiohttp.ClientSession, question: Question, session: str, pcm: bytes) -> Heard:
    """Ask over the voice socket and take the answer."""
    ticket = await post(http, f"{question.url}/api/auth/ws-ticket")
    query = urlencode({"session": session, "ticket": ticket["ticket"]})
    url = urlsplit(f"{question.url}/ws/audio?{query}")
    url = url._replace(scheme="wss" if url.scheme == "https" else "ws")
    async with http.ws_connect(url.geturl(), heartbeat=20) as socket:
        await socket.send_json(CONFIG)
        heard = Heard(typed=not pcm)
        sending = asyncio.create_task(send_question(socket, question, pcm, heard))
        try:
            await listen(socket, heard)
        finally:
            sending.cancel()
            await asyncio.gather(sending, return_exceptions=True)
        return heard


async def send_question(socket: aiohttp.ClientWebSocketResponse, question: Question, pcm: bytes, heard: Heard) -> None:
    """Type the question, or speak it at the pace of speech."""
    if pcm:
        await socket.send_json({"type": "start_recording"})
        begin = time.monotonic()
        for index, start in enumerate(range(0, len(pcm), FRAME_BYTES)):
            await asyncio.sleep(begin + index * FRAME_MS / 1000 - time.monotonic())
            await socket.send_bytes(pcm[start : start + FRAME_BYTES])
        await asyncio.sleep(begin + len(pcm) / (SPEECH_RATE * 2) - time.monotonic())
        await socket.send_json({"type": "stop_recording"})
    else:
        print(f"You:    {question.asked}", flush=True)
        await socket.send_json({"type": "text_input", "text": question.asked})
    heard.asked_at = time.monotonic()


async def listen(socket: aiohttp.ClientWebSocketResponse, heard: Heard) -> None:
    """Take messages until the turn is complete.

    Raises: LocalError: the server reports an error or closes the connection. TimeoutError: it says nothing.
    """
    while True:
        message = await asyncio.wait_for(socket.receive(), PATIENCE_SECONDS)
        if message.type is aiohttp.WSMsgType.BINARY:
            heard.answered_at = heard.answered_at or time.monotonic()
            heard.speech += cast("bytes", message.data)
        elif message.type is aiohttp.WSMsgType.TEXT:
            if take(message.json(), heard):
                return
        else:
            end_line(heard)
            reason = f": {message.extra}" if message.extra else ""
            raise LocalError(f"the server closed the conversation (code {socket.close_code}){reason}")


def take(event: dict[str, Any], heard: Heard) -> bool:
    """Show one message of the server; return whether it was the turn's last.

    Raises: LocalError: it says that the turn failed.
    """
    match event.get("type"):
        case "ready":
            heard.rate = int(event.get("sample_rate", heard.rate))
        # What was typed is on the terminal already.
        case "transcript" if not heard.typed:
            print(f"You:    {event['text']}", flush=True)
        case "llm_token":
            print(event["token"] if heard.tokens else f"Tutor:  {event['token']}", end="", flush=True)
            heard.tokens = True
        case "llm_complete":
            end_line(heard)
        case "turn_complete":
            heard.metrics = event.get("metrics") or {}
            return True
        case "error":
            end_line(heard)
            raise LocalError(f"the server could not answer: {event.get('message')} ({event.get('code')})")
        case _:
            pass
    return False


def end_line(heard: Heard) -> None:
    """Finish the line the tokens were printed on."""
    if heard.tokens:
        print(flush=True)
        heard.tokens = False


def report(heard: Heard, question: Question) -> None:
    """Save the spoken answer and print what each stage took.

    Raises: LocalError: nothing was said, or it cannot be saved.
    """
    if not heard.speech:
        raise LocalError("the server answered without a word: it may have heard no speech in the question")
    write_speech(question.answer, bytes(heard.speech), heard.rate)
    print(f"\nSaved {len(heard.speech) / 2 / heard.rate:.1f} s of speech in {question.answer}")
    for name, label in STAGES:
        if name in heard.metrics:
            print(f"  {label:<16}{heard.metrics[name]:>6} ms")
    if heard.answered_at and heard.asked_at:
        label = "first sound" if heard.typed else "voice to voice"
        print(f"  {label:<16}{(heard.answered_at - heard.asked_at) * 1000:>6.0f} ms")
