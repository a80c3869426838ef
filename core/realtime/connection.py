"""One Realtime client in one session: the voice socket's rules, in other words."""

import asyncio

import msgspec
from aiohttp import WSMsgType

from core.pipeline.conversations import Conversation, Visit
from core.pipeline.equipment import Equipment
from core.pipeline.notices import Problem
from core.pipeline.session import VoiceSession
from core.realtime import messages
from core.realtime.commands import Commands
from core.realtime.dialect import Dialect
from core.realtime.items import Item
from core.realtime.port import RealtimeStore
from core.realtime.settings import RealtimeSettings
from core.realtime.teller import Teller
from core.realtime.tuning import Tuning
from core.ws.closing import INTERNAL, Closing, closing_of
from core.ws.connection import ENDS, SessionConnection
from core.ws.live import Live
from core.ws.socket import FrameSocket
from shared.errors import AppError, InvalidInput, RateLimited


class Guest(msgspec.Struct, frozen=True, kw_only=True):
    """Who comes, and how they talk."""

    visit: Visit
    dialect: Dialect
    settings: RealtimeSettings


class RealtimeConnection(SessionConnection):
    """One client of the Realtime socket."""

    def __init__(
        self,
        equipment: Equipment,
        live: Live,
        store: RealtimeStore,
        socket: FrameSocket,
        transport: asyncio.Transport | None,
        guest: Guest,
    ) -> None:
        visit = guest.visit
        super().__init__(equipment, live, socket, transport, visit)
        self._store = store
        self._guest = guest
        self._tuning = Tuning()
        self._teller = Teller(self._outbox, visit.session_id, guest.dialect, guest.settings, self._tuning, self._rate)

    def close(self, closing: Closing) -> None:
        """Begin to close."""
        if self._session is not None:
            self._session.cancel(by_learner=False)
        self._outbox.close(closing)

    def refuse(self, error: AppError) -> None:
        """Tell the error and close."""
        self._teller.leave(error)

    def _tell_problem(self, problem: Problem) -> None:
        self._teller.tell(problem)

    def _tell_delay(self, delay_ms: int) -> None:
        """Say nothing: there is no event for it."""

    async def _converse(self, conversation: Conversation) -> None:
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
        try:
            await self._until_closed(session, self._read(commands))
        finally:
            await session.close()
            await commands.close()

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
            message = await self._receive()
            if message.type is WSMsgType.TEXT:
                await self._take(commands, message.data)
            elif message.type is WSMsgType.BINARY:
                self._complain(InvalidInput("Events are JSON in text frames.", code="invalid_json"), None)
            elif message.type in ENDS:
                return

    async def _take(self, commands: Commands, text: str) -> None:
        try:
            event = messages.decode(text)
            if not isinstance(event, messages.Append):
                self._acted()
                self._rate.take(asyncio.get_running_loop().time())
            await self._slow_down(await commands.obey(event))
        except InvalidInput as error:
            self._complain(error, messages.event_id_of(text))
        except AppError as error:
            if closing_of(error).code != INTERNAL:
                self._teller.leave(error)
            else:
                self._teller.fail(error, messages.event_id_of(text))

    def _complain(self, error: AppError, event_id: str | None) -> None:
        """Answer something that cannot be taken; complaints count as events do, so a flood of them ends."""
        try:
            self._rate.take(asyncio.get_running_loop().time())
        except RateLimited as flood:
            self._teller.leave(flood)
        else:
            self._teller.complain(error, event_id)
