"""Connections as the application role, and the unit of work on one of them."""

import select
import threading
from collections.abc import Generator
from contextlib import contextmanager
from typing import Any

import msgspec
import psycopg
from psycopg.types.json import set_json_dumps, set_json_loads
from psycopg.types.string import TextLoader

from shared.db.entry import Entry
from shared.db.errors import from_psycopg
from shared.db.unit import Unit
from shared.db.wire import Statement, Wire

APP_ROLE = "unamentis_app"
STATEMENT_TIMEOUT_MS = 8_000


def connect(url: str, *, role: str | None = APP_ROLE, timeout_s: int = 5) -> "psycopg.Connection[Any]":
    """Connect in autocommit mode.

    Args:
        role: the role to work as, so that row-level security binds us whoever logs in; None stays the login role.
    Raises: Unavailable: nothing answers, or it refuses us.
    """
    options = f"-c statement_timeout={STATEMENT_TIMEOUT_MS} -c timezone=UTC" + (f" -c role={role}" if role else "")
    try:
        # The driver prepares nothing by itself: which plans are kept is said statement by statement.
        connection = psycopg.connect(
            url, autocommit=True, options=options, connect_timeout=timeout_s, prepare_threshold=None
        )
    except psycopg.Error as exc:
        raise from_psycopg(exc) from exc
    connection.adapters.register_loader("uuid", TextLoader)
    set_json_loads(msgspec.json.decode, connection)
    set_json_dumps(msgspec.json.encode, connection)
    return connection


def _is_stale(wire: Wire) -> bool:
    """Tell, without a round trip, whether an idle connection died: an idle server says nothing but goodbye."""
    if wire.is_closed:
        return True
    poll = select.poll()  # select() refuses descriptors above 1023
    poll.register(wire.connection.fileno(), select.POLLIN)
    return bool(poll.poll(0))


class _Single:
    """One connection, for a Lambda's container, which handles one request at a time."""

    def __init__(self, url: str, role: str | None) -> None:
        self._url = url
        self._role = role
        self._lock = threading.Lock()
        self._wire: Wire | None = None

    @contextmanager
    def __call__(self) -> Generator[Wire]:
        with self._lock:
            if self._wire is None or _is_stale(self._wire):
                self.close()
                self._wire = Wire(connect(self._url, role=self._role))
            yield self._wire

    def close(self) -> None:
        if self._wire is not None:
            self._wire.close()
            self._wire = None


class _Pool:
    """Up to `size` connections, for a process with many threads."""

    def __init__(self, url: str, size: int, role: str | None) -> None:
        self._url = url
        self._role = role
        self._free: list[Wire] = []
        self._slots = threading.BoundedSemaphore(size)
        self._lock = threading.Lock()

    @contextmanager
    def __call__(self) -> Generator[Wire]:
        with self._slots:
            wire = self._take() or Wire(connect(self._url, role=self._role))
            try:
                yield wire
            finally:
                if wire.is_closed:
                    wire.close()
                else:
                    with self._lock:
                        self._free.append(wire)

    def _take(self) -> Wire | None:
        while True:
            with self._lock:
                if not self._free:
                    return None
                wire = self._free.pop()
            if not _is_stale(wire):
                return wire
            wire.close()

    def close(self) -> None:
        with self._lock:
            while self._free:
                self._free.pop().close()


class Database:
    """Units of work on PostgreSQL.

    Args:
        url: a libpq URL.
        pool_size: connections at most; 1 keeps a single one, as a Lambda wants it.
        role: the role to work as; None stays the login role, as the owner at the command line does.
    """

    def __init__(self, url: str, *, pool_size: int = 1, role: str | None = APP_ROLE) -> None:
        self._wires = _Single(url, role) if pool_size == 1 else _Pool(url, pool_size, role)

    @contextmanager
    def unit(self, entry: Entry) -> Generator[Unit]:
        """Collect statements; leaving the block sends them in one round trip and one transaction.

        Nothing is sent when the block raises.
        Raises: AppError: the entry or a statement was refused. Unavailable: the database does not answer.
        """
        unit = Unit(entry)
        yield unit
        with self._wires() as wire:
            unit.send(wire)

    def ping(self) -> None:
        """See whether the database answers.

        Raises: Unavailable: it does not.
        """
        with self._wires() as wire:
            try:
                wire.exchange([Statement("SELECT 1", {})])
            except psycopg.Error as exc:
                raise from_psycopg(exc) from exc

    def close(self) -> None:
        """Close every connection that is not in use."""
        self._wires.close()
