"""What the Realtime socket needs of the database beside conversations: guests, new sessions, answers put right."""

import asyncio
from typing import Final

import msgspec

from core.pipeline.conversations import Visit
from core.realtime.dialect import Dialect
from core.realtime.port import Admitted
from core.realtime.settings import RealtimeSettings, updated
from shared.auth.authenticator import address_prefix
from shared.auth.caller import Caller, Limit
from shared.auth.client_secrets import tenant_of_client_secret
from shared.config import Settings
from shared.db import Database, TenantEntry
from shared.domain.tiers import DEFAULT_WINDOW
from shared.errors import Unauthenticated
from shared.repositories.realtime_secrets import RealtimeSecretRepository
from shared.repositories.sessions import NewSession, SessionRepository
from shared.repositories.turns import TurnRepository

# Sessions one account may have made by merely opening sockets, a minute.
_SESSIONS: Final = Limit("realtime-sessions", 60)


class StoredRealtime:
    """The RealtimeStore of a database, in threads, a unit of work for each step; see the port."""

    def __init__(self, database: Database, settings: Settings) -> None:
        self._database = database
        self._settings = settings

    async def admit(self, secret: str, address: str) -> Admitted:
        """Return whom an ephemeral client secret admits."""
        return await asyncio.to_thread(self._admit, secret, address)

    async def make(self, caller: Caller) -> str:
        """Make a free conversation for a caller and return its id."""
        return await asyncio.to_thread(self._make, caller)

    async def correct(self, visit: Visit, turn_id: str, text: str) -> None:
        """Store an answer as it was heard after all."""
        await asyncio.to_thread(self._correct, visit, turn_id, text)

    def _admit(self, secret: str, address: str) -> Admitted:
        with self._database.unit(TenantEntry(tenant_of_client_secret(secret))) as unit:
            found = RealtimeSecretRepository(unit).find(secret, key=self._settings.secret)
        kept = found.result
        if kept is None or (kept.kind == "open" and self._settings.auth_mode != "open"):
            raise Unauthenticated("the client secret is unknown, or has expired")
        settings = updated(RealtimeSettings(), msgspec.json.encode(kept.settings), Dialect.GA)
        return Admitted(kept.caller(address_prefix(address)), settings, kept.session_id)

    def _make(self, caller: Caller) -> str:
        new = NewSession(model_name="", model_context_window=DEFAULT_WINDOW, system_prompt="", auto_expand_context=True)
        with self._database.unit(caller.enter(_SESSIONS)) as unit:
            return SessionRepository(unit).add(new)

    def _correct(self, visit: Visit, turn_id: str, text: str) -> None:
        with self._database.unit(visit.caller.check()) as unit:
            TurnRepository(unit).correct(visit.session_id, turn_id, text)
