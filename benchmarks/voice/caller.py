"""A virtual caller: an open microphone in real time, an ear and a loudspeaker."""

import asyncio
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import Final

import aiohttp

from benchmarks.voice.clips import RATE
from benchmarks.voice.dialects import Audio, Dialect, DropAudio, Heard, Other, TurnEnded
from benchmarks.voice.loudspeaker import Loudspeaker

_SAMPLE_BYTES: Final = 2
_PATIENCE_S: Final = 12.0
_POLL_S: Final = 0.05


@dataclass(slots=True)
class Utterance:
    """Something the caller says. Times are those of `time.monotonic`; None until they have come.

    Attributes:
        clip: PCM16 whose first sample is the first of speech and whose last is the last.
        began_at, ended_at: when those two samples were spoken.
        answered_at: when the first audio after the end came.
        false_ends: ends of turn the server told while it was being said.
        talked_over: audio came while it was being said.
    """

    clip: bytes = field(repr=False)
    began_at: float | None = None
    ended_at: float | None = None
    answered_at: float | None = None
    false_ends: int = 0
    talked_over: bool = False
    began: asyncio.Event = field(default_factory=asyncio.Event)
    ended: asyncio.Event = field(default_factory=asyncio.Event)
    answered: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def voice_to_voice_s(self) -> float | None:
        """Return the seconds from its last sample to the answer."""
        if self.ended_at is None or self.answered_at is None:
            return None
        return self.answered_at - self.ended_at


class Microphone:
    """Cuts what is said, and the room when nothing is, into frames."""

    def __init__(self, room: bytes, frame_ms: int, *, starts_at: int) -> None:
        """Listen to `room` from the frame `starts_at`, so that callers do not send the same."""
        self.frame_s = frame_ms / 1000
        self._frame_bytes = RATE * frame_ms // 1000 * _SAMPLE_BYTES
        self._room = room
        self._room_at = starts_at * self._frame_bytes % (len(room) - self._frame_bytes)
        self._position = 0
        self.utterance: Utterance | None = None

    def say(self, clip: bytes) -> Utterance:
        """Begin to speak with the next frame."""
        self._position = 0
        self.utterance = Utterance(clip)
        return self.utterance

    def frame(self, now: float) -> bytes:
        """Return the frame whose last sample is recorded at `now`."""
        spoken = self.utterance
        if spoken is None or spoken.ended_at is not None:
            return self._quiet()
        if spoken.began_at is None:
            spoken.began_at = now - self.frame_s
            spoken.began.set()
        heard = spoken.clip[self._position : self._position + self._frame_bytes]
        self._position += self._frame_bytes
        surplus = self._position - len(spoken.clip)
        if surplus >= 0:
            spoken.ended_at = now - surplus / _SAMPLE_BYTES / RATE
            spoken.ended.set()
        return heard + self._quiet()[len(heard) :]

    def _quiet(self) -> bytes:
        if self._room_at + self._frame_bytes > len(self._room):
            self._room_at = 0
        frame = self._room[self._room_at : self._room_at + self._frame_bytes]
        self._room_at += self._frame_bytes
        return frame


class Caller:
    """One connection to a server.

    Attributes:
        loudspeaker: what the caller hears it by.
        late_frames: microphone frames sent more than a frame late.
        lost: the connection ended before the caller hung up.
    """

    def __init__(self, url: str, dialect: Dialect, microphone: Microphone) -> None:
        self._url = url
        self._dialect = dialect
        self._microphone = microphone
        self._tasks: list[asyncio.Task[None]] = []
        self._socket: aiohttp.ClientWebSocketResponse | None = None
        self.loudspeaker = Loudspeaker()
        self.events: Counter[str] = Counter()
        self.late_frames = 0
        self.lost = False
        self.dropped = asyncio.Event()

    async def call(self, http: aiohttp.ClientSession) -> None:
        """Connect; the microphone stays closed. Raises: aiohttp.ClientError: refused."""
        self._socket = await http.ws_connect(self._url, max_msg_size=0, compress=0)
        if hello := self._dialect.hello():
            await self._socket.send_str(hello)
        self._tasks.append(asyncio.create_task(self._listen(self._socket)))

    def open_microphone(self, after_s: float) -> None:
        """Send the room from now on, the first frame `after_s` later."""
        assert self._socket
        self._tasks.append(asyncio.create_task(self._stream(self._socket, time.monotonic() + after_s)))

    async def hang_up(self) -> None:
        """Close the connection."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._socket:
            await self._socket.close()

    def say(self, clip: bytes) -> Utterance:
        """Begin to speak."""
        self.dropped.clear()
        self.loudspeaker.forget_drop()
        return self._microphone.say(clip)

    async def ask(self, clip: bytes) -> Utterance:
        """Say `clip` to its end and wait for an answer; see its `answered_at`."""
        utterance = self.say(clip)
        await self.answer(utterance)
        return utterance

    async def answer(self, utterance: Utterance) -> bool:
        """Wait until what is being said has been said and answered; False: there was no answer."""
        spoken_s = len(utterance.clip) / _SAMPLE_BYTES / RATE
        if not await happens(utterance.ended, spoken_s + _PATIENCE_S):
            return False
        return await happens(utterance.answered, _PATIENCE_S)

    async def quiet(self, *, gap_s: float = 0.6, at_most_s: float = 40.0) -> None:
        """Wait until the answer has been played and nothing came for `gap_s`."""
        latest = time.monotonic() + at_most_s
        while (now := time.monotonic()) < latest and not self.lost:
            remaining = self.loudspeaker.quiet_in(now, gap_s)
            if remaining <= 0:
                return
            await asyncio.sleep(min(remaining, _POLL_S))

    async def _stream(self, socket: aiohttp.ClientWebSocketResponse, due: float) -> None:
        frame_s = self._microphone.frame_s
        while not self.lost:
            wait = due - time.monotonic()
            if wait > 0:
                await asyncio.sleep(wait)
            elif wait < -frame_s:
                self.late_frames += 1
            try:
                await socket.send_bytes(self._dialect.encode(self._microphone.frame(time.monotonic())))
            except (ConnectionError, aiohttp.ClientError):
                self.lost = True
            due += frame_s

    async def _listen(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        async for message in socket:
            now = time.monotonic()
            if message.type in {aiohttp.WSMsgType.BINARY, aiohttp.WSMsgType.TEXT}:
                for heard in self._dialect.decode(message.data):
                    self._hear(heard, now)
        self.lost = True

    def _hear(self, heard: Heard, now: float) -> None:
        utterance = self._microphone.utterance
        speaking = utterance is not None and utterance.began_at is not None and utterance.ended_at is None
        match heard:
            case Audio(seconds):
                if seconds:
                    self._hear_audio(seconds, now)
            case DropAudio():
                self.loudspeaker.drop(now)
                self.dropped.set()
            case TurnEnded():
                self.events["turn ended"] += 1
                if utterance and speaking:
                    utterance.false_ends += 1
            case Other(name):
                self.events[name] += 1

    def _hear_audio(self, seconds: float, now: float) -> None:
        self.loudspeaker.play(seconds, now)
        utterance = self._microphone.utterance
        if utterance is None or utterance.began_at is None:
            return
        if utterance.ended_at is None:
            utterance.talked_over = True
        elif utterance.answered_at is None:
            utterance.answered_at = now
            utterance.answered.set()


async def happens(event: asyncio.Event, within_s: float) -> bool:
    """Wait for an event; False: it did not come in time."""
    try:
        await asyncio.wait_for(event.wait(), within_s)
    except TimeoutError:
        return False
    return True
