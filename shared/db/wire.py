"""A connection over which several statements go out in one piece, and their answers come back in another.

It speaks libpq's pipeline mode through psycopg's own wrapper of it: the driver's `Connection.pipeline()` sends every
statement, and the Sync, in a packet of its own, and keeps no account of what a refusal undid of its preparing.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any, LiteralString, TypeVar

import msgspec
import psycopg
from psycopg import adapt
from psycopg.abc import Buffer, PQGen, Transformer
from psycopg.adapt import PyFormat
from psycopg.errors import error_from_result
from psycopg.pq import ConnStatus, ExecStatus, Format
from psycopg.pq.abc import PGresult
from psycopg.waiting import Ready, Wait

T = TypeVar("T")
# A statement's text and the types of its values, by which a server knows it again.
Key = tuple[bytes, tuple[int, ...]]

# A plan takes the server some ten to a hundred kilobytes.
MOST_PLANS = 100
_PLACE = re.compile(r"%(?:%|\((\w+)\)s)")


class KeepPlan(msgspec.Struct, frozen=True):
    """A statement whose plan the connection keeps.

    For what runs in every request or turn and finds its rows by key: the plan knows no values, and is made anew only
    when a table has been analysed.
    """

    sql: LiteralString


class Statement(msgspec.Struct, frozen=True):
    """What to send.

    Attributes:
        sql: with places as `%(name)s`; `%%` is a percent sign.
        params: values by name, and more than the text names if need be.
        keep_plan: the connection keeps the plan and uses it again, see `KeepPlan`.
    """

    sql: LiteralString
    params: Mapping[str, object]
    keep_plan: bool = False


class Answer:
    """What a statement answered."""

    def __init__(self, transformer: Transformer, result: PGresult) -> None:
        self._transformer = transformer
        self._result = result

    @property
    def count(self) -> int:
        """Rows answered, or touched where none are answered."""
        return self._result.command_tuples or 0

    def rows(self, make: Callable[..., T]) -> list[T]:
        """Return every row as `make(**columns)`."""
        names = [(self._result.fname(number) or b"").decode() for number in range(self._result.nfields)]
        return self._load(lambda values: make(**dict(zip(names, values, strict=True))))

    def scalars(self) -> list[Any]:
        """Return the first column of every row."""
        return self._load(lambda values: values[0])

    def _load(self, make: Callable[[Sequence[Any]], T]) -> list[T]:
        self._transformer.set_pgresult(self._result)
        return self._transformer.load_rows(0, self._result.ntuples, make)


class _Message(msgspec.Struct, frozen=True):
    """A statement as it goes out."""

    text: bytes
    values: Sequence[Buffer | None]
    types: tuple[int, ...]
    formats: Sequence[Format]
    keep_plan: bool


class _Plan(msgspec.Struct, frozen=True):
    """A statement's plan on the server: what it is known by here, and there."""

    key: Key
    name: bytes


class Wire:
    """One connection, used by one thread at a time."""

    def __init__(self, connection: "psycopg.Connection[Any]") -> None:
        self.connection = connection
        self._kept: dict[Key, bytes] = {}
        self._named = 0

    @property
    def is_closed(self) -> bool:
        """Whether nothing can be sent any more."""
        return self.connection.closed

    def close(self) -> None:
        """End the connection."""
        self.connection.close()

    def exchange(self, statements: Sequence[Statement]) -> list[Answer]:
        """Send statements behind one Sync: one transaction, all of which the first refusal undoes.

        Nothing is sent where the driver refuses a value.
        Raises: psycopg.Error: the first refusal, or the connection broke. UnicodeEncodeError: half a surrogate pair.
        """
        transformer: Transformer = adapt.Transformer(self.connection)
        messages = [_message(transformer, statement) for statement in statements]
        try:
            results = self._sent(messages)
        except psycopg.errors.FeatureNotSupported:
            # A migration changed the type of what a kept statement answers. All was undone, and is sent once more.
            if not self._kept:
                raise
            self._forget()
            results = self._sent(messages)
        return [Answer(transformer, result) for result in results]

    def _forget(self) -> None:
        self._kept.clear()
        self.connection.execute("DEALLOCATE ALL")

    def _sent(self, messages: Sequence[_Message]) -> list[PGresult]:
        pgconn = self.connection.pgconn
        try:
            pgconn.enter_pipeline_mode()
            asked = [plan for message in messages for plan in self._ask(message)]
            pgconn.pipeline_sync()
            results = self.connection.wait(self._received())
            pgconn.exit_pipeline_mode()
        except BaseException:
            # Interrupted or broken off: nobody knows what the server would say next.
            self.close()
            raise
        return self._accepted(asked, results)

    def _ask(self, message: _Message) -> Sequence[_Plan | None]:
        """Put a message into libpq's buffer; return what each of its results is of: a new plan, or an answer."""
        pgconn = self.connection.pgconn
        key = message.text, message.types
        if name := self._kept.get(key):
            pgconn.send_query_prepared(name, message.values, message.formats)
            return (None,)
        if not message.keep_plan or len(self._kept) >= MOST_PLANS:
            pgconn.send_query_params(message.text, message.values, message.types, message.formats)
            return (None,)
        self._named += 1
        name = b"kept_%d" % self._named
        pgconn.send_prepare(name, message.text, message.types)
        pgconn.send_query_prepared(name, message.values, message.formats)
        return (_Plan(key, name), None)

    def _received(self) -> PQGen[list[PGresult]]:
        """Read up to the Sync's answer, while what is left to be sent goes out."""
        pgconn = self.connection.pgconn
        found: list[PGresult] = []
        unsent = pgconn.flush()
        while True:
            ready = yield Wait.RW if unsent else Wait.R
            if ready & Ready.W:
                unsent = pgconn.flush()
            if not ready & Ready.R:
                continue
            pgconn.consume_input()
            while not pgconn.is_busy():
                result = pgconn.get_result()
                if result is not None and result.status == ExecStatus.PIPELINE_SYNC:
                    return found
                if result is not None:
                    found.append(result)
                elif pgconn.status == ConnStatus.BAD:
                    raise psycopg.OperationalError("the server closed the connection")

    def _accepted(self, asked: Sequence[_Plan | None], results: Sequence[PGresult]) -> list[PGresult]:
        """Note the new plans, which outlive a transaction that is undone; return the answers, if all was accepted."""
        for plan, result in zip(asked, results, strict=True):
            if plan is not None and result.status == ExecStatus.COMMAND_OK:
                self._kept[plan.key] = plan.name
        for result in results:
            if result.status == ExecStatus.FATAL_ERROR:
                raise error_from_result(result)
        return [result for plan, result in zip(asked, results, strict=True) if plan is None]


def _message(transformer: Transformer, statement: Statement) -> _Message:
    text, names = _compiled(statement.sql)
    values = transformer.dump_sequence([statement.params[name] for name in names], [PyFormat.AUTO] * len(names))
    return _Message(text, values, transformer.types or (), transformer.formats or (), statement.keep_plan)


@lru_cache(maxsize=1024)
def _compiled(sql: str) -> tuple[bytes, tuple[str, ...]]:
    """Return a text with numbered places, and the names of their values in that order."""
    numbers: dict[str, int] = {}

    def numbered(place: re.Match[str]) -> str:
        name = place[1]
        return "%" if name is None else f"${numbers.setdefault(name, len(numbers) + 1)}"

    text = _PLACE.sub(numbered, sql)
    return text.encode(), tuple(numbers)
