"""Who may come in: callers by their tokens and tickets, checked against the database."""

import asyncio
from collections.abc import Mapping
from typing import Any, Final

from msgspec import structs

from core.ws.updates import Standing
from shared.auth.authenticator import Authenticator, address_prefix
from shared.auth.caller import Caller, Client
from shared.auth.ws_tickets import tenant_of_ticket
from shared.config import Settings
from shared.db import Database, TenantEntry
from shared.errors import Unauthenticated
from shared.repositories.client_logs import ClientLogRepository, LogFilter
from shared.repositories.ws_tickets import WsTicketRepository

_TEACHING: Final = frozenset({"teacher", "admin", "owner"})


class Admission:
    """Names callers, and confirms those whom nothing else will."""

    def __init__(self, database: Database, settings: Settings, authenticator: Authenticator) -> None:
        self._database = database
        self._settings = settings
        self._authenticator = authenticator

    def authenticate(self, token: str | None, address: str) -> Caller:
        """Name the caller a token claims; a session's opening confirms it.

        Raises: Unauthenticated.
        """
        return self._authenticator.caller(token, address=address)

    async def admit(self, token: str | None, address: str, client: Client) -> Caller:
        """Name and confirm the caller of a socket without a session.

        Args: client: what their program says of itself.
        Raises: Unauthenticated, UpgradeRequired, Unavailable.
        """
        caller = structs.replace(self.authenticate(token, address), client=client)
        await self.confirm(caller)
        return caller

    async def confirm(self, caller: Caller) -> Standing:
        """Tell who a caller is, whose credential still holds.

        Raises: Unauthenticated, Unavailable.
        """
        return await asyncio.to_thread(self._confirm, caller)

    async def greet(self, caller: Caller) -> Standing:
        """Tell who a caller is who begins to watch, whose credential still holds.

        Raises: Unauthenticated, Unavailable.
        """
        return await asyncio.to_thread(self._greet, caller)

    async def redeem(self, ticket: str, address: str) -> Caller:
        """Name and confirm the caller a ticket admits, once.

        Raises: Unauthenticated, Unavailable.
        """
        return await asyncio.to_thread(self._redeem, ticket, address)

    def _confirm(self, caller: Caller) -> Standing:
        with self._database.unit(caller.check()) as unit:
            entered = unit.entered
        return _standing(entered.result)

    def _greet(self, caller: Caller) -> Standing:
        with self._database.unit(caller.check()) as unit:
            entered = unit.entered
            logs = ClientLogRepository(unit).count(LogFilter())
        return structs.replace(_standing(entered.result), logs=logs.result)

    def _redeem(self, ticket: str, address: str) -> Caller:
        with self._database.unit(TenantEntry(tenant_of_ticket(ticket))) as unit:
            found = WsTicketRepository(unit).redeem(ticket, secret=self._settings.secret)
        if found.result is None or (found.result.kind == "open" and self._settings.auth_mode != "open"):
            raise Unauthenticated("the ticket was used before, or has expired")
        return found.result.caller(address_prefix(address))


def _standing(entered: Mapping[str, Any] | None) -> Standing:
    found = entered or {}
    return Standing(str(found.get("user_id", "")), teaches=found.get("role") in _TEACHING)
