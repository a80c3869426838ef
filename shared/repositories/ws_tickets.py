"""Tickets that open one WebSocket once."""

import msgspec

from shared.auth.caller import Caller, Client, Kind
from shared.auth.ws_tickets import LIFETIME_S, hash_ticket, mint_ticket
from shared.db import Pending, Unit


class Ticket(msgspec.Struct, frozen=True):
    """Whom a ticket admits: the caller who asked for it, as their credential proved them."""

    kind: Kind
    tenant_id: str
    home_id: str
    credential: str | None
    user_id: str

    def caller(self, address: str) -> Caller:
        """Return the caller, now at a network address; their credential is checked like any other."""
        caller = Caller(self.kind, self.tenant_id, self.credential, self.user_id, address, self.home_id)
        # A browser names no device when it opens a socket; whoever bought the ticket did.
        return msgspec.structs.replace(caller, client=Client(id=None))


class WsTicketRepository:
    """Tickets of the unit's tenant."""

    def __init__(self, unit: Unit) -> None:
        self._unit = unit

    def mint(self, caller: Caller, *, secret: bytes) -> str:
        """Queue a fresh ticket for the unit's user and return it: it can never be read again.

        Args:
            secret: the deployment's, which keys the stored hash.
        Raises: RuntimeError: the unit has no tenant.
        """
        if self._unit.tenant_id is None:
            raise RuntimeError("a ticket belongs to a tenant")
        ticket = mint_ticket(self._unit.tenant_id)
        self._unit.run("DELETE FROM ws_tickets WHERE tenant_id = %(tenant_id)s AND expires_at < now()")
        self._unit.run(
            """INSERT INTO ws_tickets (tenant_id, ticket_hash, kind, home_id, credential, user_id, expires_at)
               VALUES (%(tenant_id)s, %(ticket_hash)s, %(kind)s, %(home_id)s, %(credential)s, app_user(),
                       now() + make_interval(secs => %(lifetime_s)s))""",
            ticket_hash=hash_ticket(ticket, secret),
            kind=caller.kind,
            home_id=caller.home_id,
            credential=caller.credential,
            lifetime_s=LIFETIME_S,
        )
        return ticket

    def redeem(self, ticket: str, *, secret: bytes) -> Pending[Ticket | None]:
        """Queue the use of a ticket: it is gone then, and nobody else has it; None when it is not good any more.

        Raises at the unit's end: Unauthenticated, Forbidden: the credential it was bought with ended since.
        """
        return self._unit.maybe(
            Ticket,
            """WITH used AS (
                   DELETE FROM ws_tickets WHERE tenant_id = %(tenant_id)s AND ticket_hash = %(ticket_hash)s RETURNING *)
               SELECT used.kind, used.tenant_id, used.home_id, used.credential, used.user_id
               FROM used, app_admit(used.kind, used.home_id, used.credential, used.user_id, used.tenant_id)
               WHERE used.expires_at > now()""",
            ticket_hash=hash_ticket(ticket, secret),
        )
