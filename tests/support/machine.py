"""Units of work of whoever sits at the machine and owns the database."""

from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import LiteralString

from shared.db import Unit
from shared.db.connection import connect
from shared.db.wire import Wire


@dataclass(frozen=True, slots=True)
class _AtTheMachine:
    tenant_id: str

    @property
    def statement(self) -> tuple[LiteralString, Mapping[str, object]]:
        return "SELECT command_line_enter(%(tenant_id)s, 'test')", {"tenant_id": self.tenant_id}


@contextmanager
def at_the_machine(owner_url: str, tenant_id: str) -> Generator[Unit]:
    """Open a unit of work in a tenant as the database's owner."""
    unit = Unit(_AtTheMachine(tenant_id))
    yield unit
    with connect(owner_url, role=None) as connection:
        unit.send(Wire(connection))
