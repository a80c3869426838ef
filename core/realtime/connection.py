"""One Realtime client in one session: the voice socket's rules, in other words."""

import asyncio
from dataclasses import dataclass
from typing import Final

from aiohttp import WSMsgType, web

from core.pipeline.conversations import Conversation, Visit
from core.pipeline.equipment import Equipment
from core.pipeline.session import VoiceSession
from core.realtime import messages
from core.realtime.commands import Commands
from core.realtime.dialect import Dialect
from core.realtime.items import Item
from core.realtime.port import RealtimeStore
from core.realtime.settings import RealtimeSettings
from core.realtime.teller import Teller
from core.realtime.tuning import Tuning
from core.ws.closing import INTERNAL, RESTART, Closing, closing_of
from core.ws.live import Live
from core.ws.outbox import Outbox
from core.ws.pace import AudioPace
from core.ws.rate import ControlRate
from shared.errors import AppError, InvalidInput, RateLimited

COMING_BACK: Final = Closing(RESTART, "the server restarts: come back to this session")
_ENDS: Final = frozenset({WSMsgType.CLOSE, WSMsgType.CLOSING, WSMsgType.CLOSED, WSMsgType.ERROR})


@dataclass(frozen=True, slots=True, kw_only=True)
class Guest:
    """Who comes, and how they talk."""

    visit: Visit
    dialect: Dialect
    settings: RealtimeSettings


class RealtimeConnection:
    """One connected client of one session."""

    def __init__(
        self,
        equipment: Equipment,
        live: Live,
        store: RealtimeStore,
        socket: web.WebSocketResponse,
        transport: asyncio.BaseTransport | None,
        guest: Guest,
    ) -> None:
        self._equipment = equipment
        self._live = live
        self._store = store
        self._socket = socket
        self._guest = guest
        self._outbox = Outbox(socket, transport)
        self._rate = ControlRate(asyncio.get_running_loop().time())
        self._pace = AudioPace(asyncio.get_running_loop().time())
        self._session: VoiceSession | None = None
        self._waits = False
        tuning = self._tuning = Tuning()
        visit = guest.visit
        self._teller = Teller(self._outbox, visit.session_id, guest.dialect, guest.settings, tuning, self._rate)
        self.number = 0
        self.gone = asyncio.Event()

    async def serve(self, conversation: Conversation) -> None:
        """Talk until the socket closes; what was heard is stored before this returns."""
        session_id = self._guest.visit.session_id
        self.number = conversation.connection
        replaced = await self._live.claim(session_id, self)
        try:
            if replaced:
                # What was said on the connection before this one was stored a moment ago.
                conversation = await self._equipment.conversations.read(self._guest.visit)
            await self._talk(conversation)
        finally:
            self._live.release(session_id, self)
            self.gone.set()

    def close(self, closing: Closing) -> None:
        """Begin to close."""
        if self._session is not None:
            self._session.cancel(by_learner=False)
        self._outbox.close(closing)

    async def check(self) -> int:
        """Check that the caller may stay, and return the number of the session's newest socket."""
        return self.number if self._session is None else await self._session.check()

    def refuse(self, error: AppError) -> None:
        """Tell the error and close."""
        self._teller.leave(error)

    def interrupt(self) -> None:
        """Stop the tutor, whose interruption is counted already."""
        if self._session is not None:
            self._session.stop()

    async def drain(self, seconds: float, delay_ms: int) -> None:
        """Finish the sentence and close; there is no event that would tell the delay."""
        del delay_ms
        if self._session is not None:
            await self._session.drain(seconds)
        self._outbox.close(COMING_BACK)
        await self.gone.wait()

    async def _talk(self, conversation: Conversation) -> None:
        writer = asyncio.create_task(self._outbox.run())
        guest, equipment = self._guest, self._tuning.equip(self._equipment)
        session = self._session = VoiceSession(equipment, guest.visit, conversation, self._teller)
        providers = equipment.providers
        self._teller.introduce(providers.llm.model, providers.stt.model, conversation.instructions)
        self._greet(conversation)
        self._tuning.apply(guest.settings)
        commands = Commands(
            session,
            self._teller,
            self._tuning,
            guest.visit,
            guest.dialect,
            self._store,
            equipment.settings.timing,
        )
        reading = asyncio.create_task(self._read(commands))

        def hush() -> None:
            if self._waits:
                reading.cancel()

        self._outbox.hush = hush
        try:
            await asyncio.wait({reading})
            if not reading.cancelled():
                reading.result()
        finally:
            reading.cancel()
            await session.close()
            await commands.close()
            self._outbox.close(Closing(INTERNAL, "the connection ended"))
            await writer

    def _greet(self, conversation: Conversation) -> None:
        """Tell how the session stands: its settings, and what was said in it before."""
        self._teller.describe("session.created")
        if self._guest.dialect is Dialect.BETA:
            self._teller.send("conversation.created", conversation={"object": "realtime.conversation"})
        for turn in conversation.history:
            if turn.text:
                part = "input_text" if turn.role == "user" else "output_text"
                item = Item(role=turn.role, part=part, text=turn.text, turn_id=turn.turn_id)
                self._teller.show(item, self._teller.items.add(item))

    async def _read(self, commands: Commands) -> None:
        while True:
            self._waits = True
            message = await self._socket.receive()
            self._waits = False
            if message.type is WSMsgType.TEXT:
                await self._take(commands, message.data)
            elif message.type is WSMsgType.BINARY:
                self._complain(InvalidInput("Events are JSON in text frames.", code="invalid_json"), None)
            elif message.type in _ENDS:
                return

    async def _take(self, commands: Commands, text: str) -> None:
        try:
            event = messages.decode(text)
            if not isinstance(event, messages.Append):
                self._rate.take(asyncio.get_running_loop().time())
            await self._slow_down(await commands.obey(event))
        except InvalidInput as error:
            self._complain(error, messages.event_id_of(text))
        except AppError as error:
            if closing_of(error).code != INTERNAL:
                self._teller.leave(error)
            else:
                self._teller.fail(error, messages.event_id_of(text))

    async def _slow_down(self, seconds: float) -> None:
        """Read nothing for a while when sound comes much faster than anybody speaks."""
        wait = self._pace.take(seconds, asyncio.get_running_loop().time())
        if wait and self._outbox.closing is None:
            # What waits may be broken off like a read.
            self._waits = True
            await asyncio.sleep(wait)
            self._waits = False

    def _complain(self, error: AppError, event_id: str | None) -> None:
        """Answer something that cannot be taken; complaints count as events do, so a flood of them ends."""
        try:
            self._rate.take(asyncio.get_running_loop().time())
        except RateLimited as flood:
            self._teller.leave(flood)
        else:
            self._teller.complain(error, event_id)
