"""One connected client of one session, whatever the words on its wire are."""

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Coroutine
from typing import Final

from aiohttp import WSMessage, WSMsgType

from core.pipeline.conversations import Conversation, Visit
from core.pipeline.equipment import Equipment
from core.pipeline.notices import Problem
from core.pipeline.session import VoiceSession
from core.voice.turns import State
from core.ws.closing import INTERNAL, NORMAL, RESTART, Closing
from core.ws.idleness import Idleness
from core.ws.live import Live
from core.ws.outbox import Outbox
from core.ws.pace import AudioPace
from core.ws.rate import ControlRate
from core.ws.socket import FrameSocket, Take, leave
from shared.errors import AppError

_IDLE: Final = Closing(NORMAL, "nobody has spoken for a long time: the session waits")
COMING_BACK: Final = Closing(RESTART, "the server restarts: come back to this session")
ENDS: Final = frozenset({WSMsgType.CLOSE, WSMsgType.CLOSING, WSMsgType.CLOSED, WSMsgType.ERROR})


class SessionConnection(ABC):
    """Holds a session's only socket from its opening until everything of it is stored."""

    def __init__(
        self,
        equipment: Equipment,
        live: Live,
        socket: FrameSocket,
        transport: asyncio.Transport | None,
        visit: Visit,
    ) -> None:
        self._equipment = equipment
        self._live = live
        self._socket = socket
        self._visit = visit
        self._outbox = Outbox(socket, transport)
        self._rate = ControlRate(asyncio.get_running_loop().time())
        self._pace = AudioPace(asyncio.get_running_loop().time())
        self._session: VoiceSession | None = None
        self._idleness: Idleness | None = None
        self._waits = False
        self.number = 0
        self.gone = asyncio.Event()

    @abstractmethod
    async def _converse(self, conversation: Conversation) -> None:
        """Hold the session until nothing more is to be read, and store what was heard."""

    @abstractmethod
    def _tell_problem(self, problem: Problem) -> None:
        """Tell the client what went wrong."""

    @abstractmethod
    def _tell_delay(self, delay_ms: int) -> None:
        """Tell the client when to come back, where its wire has a word for that."""

    @property
    def tenant_id(self) -> str | None:
        """Whose session it is."""
        return self._visit.caller.tenant_id

    async def serve(self, conversation: Conversation) -> None:
        """Talk until the socket closes; what was heard is stored before this returns."""
        session_id = self._visit.session_id
        self.number = conversation.connection
        replaced = await self._live.claim(session_id, self)
        try:
            if replaced:
                # What was said on the connection before this one was stored a moment ago.
                conversation = await self._equipment.conversations.read(self._visit)
            writer = asyncio.create_task(self._outbox.run())
            try:
                await self._converse(conversation)
            finally:
                self._outbox.close(Closing(INTERNAL, "the connection ended"))
                await writer
        finally:
            self._live.release(session_id, self)
            self.gone.set()

    @abstractmethod
    def close(self, closing: Closing) -> None:
        """Begin to close."""

    @abstractmethod
    def refuse(self, error: AppError) -> None:
        """Tell the error and close."""

    async def check(self) -> int:
        """Check that the caller may stay, and return the number of the session's newest socket."""
        return self.number if self._session is None else await self._session.check()

    def interrupt(self) -> None:
        """Stop the tutor, whose interruption is counted already."""
        if self._session is not None:
            self._session.stop()

    async def drain(self, seconds: float, delay_ms: int) -> None:
        """Finish the sentence, ask the client to come back, close."""
        if self._session is not None:
            await self._session.drain(seconds)
        self._tell_delay(delay_ms)
        self._outbox.close(COMING_BACK)
        await self.gone.wait()

    async def _until_closed(self, session: VoiceSession, work: Coroutine[object, object, None]) -> None:
        """Do the reading until it ends, or waits while our side closes; who does nothing for long is let go."""
        idleness = self._idleness = Idleness(
            self._equipment.settings.idle_learner_s,
            occupied=lambda: session.state is not State.IDLE,
            gone=self._leave_idle,
        )
        self._outbox.told = idleness.ends
        reading = asyncio.create_task(work)

        def hush() -> None:
            if self._waits:
                reading.cancel()

        self._outbox.hush = hush
        try:
            await asyncio.wait({reading})
            if not reading.cancelled():
                reading.result()
        finally:
            idleness.close()
            reading.cancel()

    def _acted(self) -> None:
        """Note that the learner did something."""
        if self._idleness is not None:
            self._idleness.ends()

    def _leave_idle(self) -> None:
        """Tell the client that it is let go, and close; clients do not come back from that by themselves."""
        self._tell_problem(Problem("IDLE_TIMEOUT", _IDLE.reason))
        self.close(_IDLE)

    async def _receive(self, take: Take = leave) -> WSMessage:
        """Return the next message that `take` does not take as it arrives; this wait may be broken off."""
        self._waits = True
        message = await self._socket.receive_untaken(take)
        self._waits = False
        return message

    async def _slow_down(self, seconds: float) -> None:
        """Read nothing for a while when sound comes much faster than anybody speaks."""
        wait = self._pace.take(seconds, asyncio.get_running_loop().time())
        if wait and self._outbox.closing is None:
            # What waits may be broken off like a read.
            self._waits = True
            await asyncio.sleep(wait)
            self._waits = False
