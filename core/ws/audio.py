"""`/ws/audio`: a learner's voice in, the tutor's out."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Final

import msgspec
from aiohttp import WSMsgType, web

from core.pipeline.conversations import Conversation, Visit
from core.pipeline.equipment import Equipment
from core.pipeline.notices import Problem
from core.pipeline.session import VoiceSession
from core.pipeline.talk import ends_session
from core.voice.dialogue import Microphone
from core.ws import wire
from core.ws.arrival import introduced
from core.ws.closing import INTERNAL, Closing, closing_of
from core.ws.connection import COMING_BACK, ENDS, SessionConnection
from core.ws.live import Live
from core.ws.pace import LEAST_S
from core.ws.poller import Poller
from core.ws.segments import Segments
from core.ws.socket import FrameSocket
from core.ws.updates import Redeem
from shared.auth.caller import Caller
from shared.errors import AppError, InvalidInput, NotFound, RateLimited
from shared.ids import known_id

# A token, if any, and the caller's network address.
Authenticate = Callable[[str | None, str], Caller]

_LARGEST_FRAME: Final = 1 << 20
# How long a client may take to answer our close.
_CLOSE_S: Final = 3.0
_BYTES_PER_S: Final = 2 * wire.INPUT_RATE
# A frame counts as so much at least, on average: a flood of empty ones is one too.
_LEAST_BYTES: Final = round(LEAST_S * _BYTES_PER_S)


class AudioRoute(msgspec.Struct, frozen=True):
    """Serves the voice socket."""

    equipment: Equipment
    authenticate: Authenticate
    redeem: Redeem
    live: Live
    poller: Poller = msgspec.field(default_factory=Poller)

    async def serve(self, request: web.Request) -> web.WebSocketResponse:
        """Hold one connection until either side closes it."""
        heartbeat = self.equipment.settings.heartbeat_s
        socket = FrameSocket(self.poller, heartbeat_s=heartbeat, largest=_LARGEST_FRAME, close_s=_CLOSE_S)
        await socket.prepare(request)
        if self.live.draining:
            await socket.close(code=COMING_BACK.code, message=COMING_BACK.payload)
            return socket
        try:
            visit = await self._visit(request)
            conversation = await self.equipment.conversations.open(visit)
        except AppError as error:
            closing = closing_of(error)
            await socket.send_str(wire.error(Problem(error.error_code.upper(), error.message, recoverable=False)))
            await socket.close(code=closing.code, message=closing.payload)
            return socket
        await AudioConnection(self, socket, request.transport, visit).serve(conversation)
        return socket

    async def _visit(self, request: web.Request) -> Visit:
        query = request.query
        address = request.remote or "unknown"
        if ticket := query.get("ticket"):
            caller = await self.redeem(ticket, address)
        else:
            caller = introduced(self.authenticate(query.get("token"), address), request)
        named = query.get("session") or query.get("session_id") or query.get("user_id")
        if not named:
            raise NotFound("no session: open the socket with ?session=<id>")
        return Visit(known_id(named, "session"), caller)


class AudioConnection(SessionConnection):
    """One client of the voice socket."""

    def __init__(
        self,
        route: AudioRoute,
        socket: FrameSocket,
        transport: asyncio.Transport | None,
        visit: Visit,
    ) -> None:
        super().__init__(route.equipment, route.live, socket, transport, visit)
        self._segments = Segments(route.equipment, visit, self._outbox)
        self._resumed = False
        self._configured = False
        self._warned = False

    async def _converse(self, conversation: Conversation) -> None:
        self._resumed = bool(conversation.history)
        session = self._session = VoiceSession(self._equipment, self._visit, conversation, self._segments)
        try:
            await self._until_closed(session, self._read(session))
        finally:
            await session.close()
            await self._segments.close()

    def close(self, closing: Closing) -> None:
        """Begin to close; what the tutor was saying may be said on the next connection."""
        if self._session is not None:
            self._session.part()
        self._outbox.close(closing)

    def refuse(self, error: AppError) -> None:
        """Tell the error and close."""
        self._outbox.leave(error)

    def _tell_problem(self, problem: Problem) -> None:
        self._outbox.tell(problem)

    def _tell_delay(self, delay_ms: int) -> None:
        self._outbox.send(wire.message("reconnect", delay_ms=delay_ms, session_id=self._visit.session_id))

    async def _read(self, session: VoiceSession) -> None:
        now = asyncio.get_running_loop().time
        unmeasured = 0

        def take(frames: Sequence[bytes]) -> bool:
            """Take sound as it arrives, unless too much of it came before, which is seen after each second of it."""
            nonlocal unmeasured
            sound = unmeasured + max(sum(map(len, frames)), _LEAST_BYTES * len(frames))
            if sound >= _BYTES_PER_S:
                if session.crowded or not self._pace.admits(sound / _BYTES_PER_S, now()):
                    return False
                sound = 0
            unmeasured = sound
            if len(frames) == 1:
                self._take(session, frames[0])
            else:
                self._take_all(session, frames)
            return True

        self._socket.calm_for(session.calm_ms)
        while True:
            message = await self._receive(take)
            if message.type is WSMsgType.BINARY:
                self._take(session, message.data)
                await session.room()
                await self._slow_down(len(message.data) / _BYTES_PER_S)
            elif message.type is WSMsgType.TEXT:
                await self._control(session, message.data)
            elif message.type in ENDS:
                return

    def _take(self, session: VoiceSession, pcm: bytes) -> None:
        """Hand a frame on; a client that has not said what it sends is told so once."""
        if not self._configured:
            if not self._warned:
                self._warned = True
                self._complain(InvalidInput("send config before audio", code="config_required"))
            return
        try:
            session.hear(pcm)
        except InvalidInput as error:
            self._complain(error)

    def _take_all(self, session: VoiceSession, frames: Sequence[bytes]) -> None:
        """Hand frames on as one, unless there is half a sample in any: that is refused without the others."""
        if any(len(frame) % 2 for frame in frames):
            for frame in frames:
                self._take(session, frame)
        else:
            self._take(session, b"".join(frames))

    async def _control(self, session: VoiceSession, text: str) -> None:
        try:
            self._rate.take(asyncio.get_running_loop().time())
            control = wire.decode(text)
            if not isinstance(control, wire.Ping | wire.PlaybackAck):
                self._acted()
            await self._obey(session, control)
        except InvalidInput as error:
            self._complain(error)
        except AppError as error:
            if ends_session(error) or closing_of(error).code != INTERNAL:
                self._outbox.leave(error)
            else:
                self._complain(error)

    async def _obey(self, session: VoiceSession, control: wire.Control) -> None:
        match control:
            case wire.Config():
                self._configure(session, wire.checked(control))
            case wire.StartRecording():
                session.start_recording()
            case wire.StopRecording():
                session.stop_recording()
            case wire.Cancel():
                session.cancel()
            case wire.TextInput(text=text):
                self._ask(session, text)
            case wire.SetTopic():
                await self._choose_topic(session, control)
            case wire.PlaybackAck(turn_id=turn_id, played_ms=played_ms):
                session.acknowledge(turn_id, played_ms)
            case wire.Ping():
                self._outbox.send(wire.message("pong"))
            case wire.QuizStart() | wire.QuizStop() | wire.Buzz():
                await self._quiz(session, control)
            case _:
                await self._play(session, control)

    async def _quiz(self, session: VoiceSession, control: wire.Quizzing) -> None:
        """Hold a quiz."""
        match control:
            case wire.QuizStart():
                try:
                    await session.start_quiz(wire.order(control))
                except NotFound as error:
                    raise InvalidInput(error.message, code="pack_not_found") from error
            case wire.QuizStop():
                session.stop_quiz()
            case wire.Buzz():
                session.cancel()

    async def _play(self, session: VoiceSession, control: wire.Playing) -> None:
        """Tell the lesson, or serve a client that plays it itself."""
        match control:
            case wire.Play(segment_index=index, offset_ms=offset) | wire.Seek(segment_index=index, offset_ms=offset):
                session.play(index, int(offset))
            case wire.Pause():
                session.pause()
            case wire.Resume():
                session.play()
            case wire.BargeIn():
                self._segments.barge_in(session, control)
            case wire.RequestAudio() | wire.Sync() | wire.VoiceConfig():
                await self._serve_segments(session, control)

    async def _serve_segments(
        self, session: VoiceSession, control: wire.RequestAudio | wire.Sync | wire.VoiceConfig
    ) -> None:
        """Serve a client that plays segments itself; a refusal names the segment it is about."""
        try:
            match control:
                case wire.RequestAudio():
                    await self._segments.request(session, control)
                case wire.Sync():
                    self._segments.sync(session, control)
                case wire.VoiceConfig():
                    self._segments.configure(session, control)
        except (InvalidInput, NotFound) as error:
            index = {} if isinstance(control, wire.VoiceConfig) else {"segment_index": control.segment_index}
            self._rate.take(asyncio.get_running_loop().time())
            self._outbox.send(wire.error(Problem(error.error_code.upper(), error.message), **index))

    def _configure(self, session: VoiceSession, config: wire.Config) -> None:
        rate = config.output_sample_rate or config.sample_rate
        microphone = Microphone(
            hands_free=config.hands_free, detect=config.vad_enabled, threshold=min(max(config.vad_threshold, 0.2), 0.95)
        )
        session.configure(microphone, output_rate=rate, device_speech=config.speech == "device")
        first = not self._configured
        self._configured = self._segments.takes_frames = True
        self._outbox.send(
            wire.message("ready", session_id=self._visit.session_id, sample_rate=rate, resumed=self._resumed)
        )
        if first:
            session.go_on()

    def _ask(self, session: VoiceSession, text: str) -> None:
        if not text.strip():
            raise InvalidInput("text must hold a question", code="invalid_message", details={"text": "a question"})
        session.ask(text.strip())

    async def _choose_topic(self, session: VoiceSession, wanted: wire.SetTopic) -> None:
        try:
            conversation = await session.choose_topic(wanted.topic_id)
        except NotFound as error:
            raise InvalidInput(error.message, code="topic_not_found") from error
        lesson = conversation.lesson
        self._outbox.send(
            wire.message(
                "topic_set",
                curriculum_id=conversation.curriculum_id,
                topic_id=conversation.topic_id,
                total_segments=len(lesson.passages) if lesson else 0,
            )
        )

    def _complain(self, error: AppError) -> None:
        """Answer something that cannot be taken; complaints count as control messages do, so a flood of them ends."""
        try:
            self._rate.take(asyncio.get_running_loop().time())
        except RateLimited as flood:
            self._outbox.leave(flood)
        else:
            self._outbox.tell(Problem(error.error_code.upper(), error.message))
