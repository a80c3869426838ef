"""A learner who types or speaks, notes what is told, and comes back when the line breaks."""

import asyncio
import json
from dataclasses import dataclass, field
from typing import Any, Final

import aiohttp

from benchmarks.chaos.house import House

_CONFIG: Final = {"type": "config", "sample_rate": 16_000, "hands_free": True, "output_sample_rate": 24_000}
_FRAME: Final = 1_280  # 40 ms
_FRAME_S: Final = 0.04
_SILENCE_FRAMES: Final = 50
# The longest a turn may take, however its vendors fail.
_PATIENCE_S: Final = 45.0


@dataclass(slots=True)
class Asked:
    """One turn as its learner knows it.

    Attributes:
        words: the question; of a spoken one, as the transcript told them.
        turn_id: as the transcript told it.
        told: the transcript came, so the server has said that it has the words.
        problem: the code of the error that was told.
        over: `turn_complete` came.
        broken: how the line broke before that.
    """

    words: str = ""
    turn_id: str = ""
    told: bool = False
    problem: str = ""
    over: bool = False
    broken: str = ""


class HungUp(Exception):
    """The connection ended in the middle of a turn."""


@dataclass(slots=True)
class Learner:
    """One learner with one session."""

    house: House
    session_id: str
    http: aiohttp.ClientSession
    resumed: bool = False
    _unanswered: int = 0
    _line: aiohttp.ClientWebSocketResponse | None = None
    _speaking: asyncio.Task[None] | None = field(default=None, repr=False)

    async def connect(self, url: str) -> None:
        """Open the socket, again if need be, and say how sound is sent."""
        await self.hang_up()
        self._unanswered = 0
        address = f"{url}/ws/audio?token={self.house.demo.token}&session={self.session_id}"
        self._line = await self.http.ws_connect(address, max_msg_size=0)
        await self._line.send_json(_CONFIG)
        while (message := await self._next())["type"] != "ready":
            pass
        self.resumed = bool(message["resumed"])

    async def hang_up(self) -> None:
        """Close the socket, whatever its state."""
        await self._fall_silent()
        if self._line is not None:
            await self._line.close()

    async def ask(self, words: str) -> Asked:
        """Type a question and listen to the turn's end, or to the line's."""
        asked = Asked(words)
        try:
            await self._send(json.dumps({"type": "text_input", "text": words}))
            await self._listen(asked)
        except HungUp as how:
            asked.broken = str(how)
        return asked

    async def say(self, clip: bytes) -> Asked:
        """Speak, and listen likewise."""
        asked = Asked()
        await self._fall_silent()
        self._speaking = asyncio.create_task(self._speak(clip))
        try:
            await self._listen(asked)
        except HungUp as how:
            asked.broken = str(how)
        return asked

    async def _fall_silent(self) -> None:
        if self._speaking is not None:
            self._speaking.cancel()
            await asyncio.wait({self._speaking})
            self._speaking = None

    async def _speak(self, clip: bytes) -> None:
        silence = bytes(_FRAME)
        frames = [clip[at : at + _FRAME].ljust(_FRAME, b"\0") for at in range(0, len(clip), _FRAME)]
        due = asyncio.get_running_loop().time()
        for frame in [*frames, *[silence] * _SILENCE_FRAMES]:
            try:
                await self._send(frame)
            except HungUp:
                return
            due += _FRAME_S
            await asyncio.sleep(due - asyncio.get_running_loop().time())

    async def _listen(self, asked: Asked) -> None:
        async with asyncio.timeout(_PATIENCE_S):
            while True:
                message = await self._next()
                match message["type"]:
                    case "transcript" if not asked.told:
                        asked.told, asked.words, asked.turn_id = True, message["text"], message["turn_id"]
                    case "error":
                        asked.problem = message["code"]
                        # What belongs to the turn comes before the answer to this.
                        await self._send('{"type": "ping"}')
                        self._unanswered += 1
                    # The end of an answer from before the line broke, which has gone on, is not this turn's.
                    case "turn_complete" if message["turn_id"] == asked.turn_id:
                        asked.over = True
                        return
                    case "pong":
                        self._unanswered -= 1
                        if asked.problem and not self._unanswered:
                            return
                    case _:
                        pass

    async def _send(self, data: str | bytes) -> None:
        assert self._line
        try:
            if isinstance(data, bytes):
                await self._line.send_bytes(data)
            else:
                await self._line.send_str(data)
        except (ConnectionError, aiohttp.ClientError) as exc:
            raise HungUp(str(exc)) from exc

    async def _next(self) -> dict[str, Any]:
        """Return the next message that is no sound."""
        assert self._line
        while True:
            try:
                message = await self._line.receive()
            except (ConnectionError, aiohttp.ClientError) as exc:
                # The answer to a ping found the line broken.
                raise HungUp(str(exc)) from exc
            if message.type is aiohttp.WSMsgType.TEXT:
                return dict(json.loads(message.data))
            if message.type is not aiohttp.WSMsgType.BINARY:
                raise HungUp(f"close code {self._line.close_code}")
