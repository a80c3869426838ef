"""Mail that waits to be sent."""

import msgspec

from shared.db import Pending, Unit


class Waiting(msgspec.Struct, frozen=True):
    """A mail somebody asked for; `attempts` counts this one."""

    kind: str
    address: str
    attempts: int


class MailOutbox:
    """The deployment's mail: it belongs to no tenant until it is made."""

    def __init__(self, unit: Unit) -> None:
        self._unit = unit

    def ask(self, kind: str, address: str) -> None:
        """Queue the wish for a mail; a second one of the kind within a minute is the first one."""
        self._unit.run(
            "SELECT queue_mail(%(kind)s, %(address)s) -- cross-tenant: mail is addressed before anybody is known",
            kind=kind,
            address=address,
        )

    def take(self, *, most: int, lease_s: int) -> Pending[list[Waiting]]:
        """Queue the taking of what is due; what is not settled within the lease is due again."""
        return self._unit.all(
            Waiting,
            """-- cross-tenant: one postman carries everybody's mail
               SELECT kind, address, attempts FROM take_mail(%(most)s, %(lease_s)s)""",
            most=most,
            lease_s=lease_s,
        )

    def settle(self, mail: Waiting, *, again_s: int | None) -> None:
        """Queue what became of a mail: done with, or to be tried again after some seconds."""
        self._unit.run(
            """-- cross-tenant: one postman carries everybody's mail
               SELECT settle_mail(%(kind)s, %(address)s, %(again_s)s)""",
            kind=mail.kind,
            address=mail.address,
            again_s=again_s,
        )
