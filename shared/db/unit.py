"""The unit of work: statements are queued and sent together, so that a request costs one round trip."""

from collections.abc import Callable, Mapping
from typing import Any, Generic, LiteralString, TypeVar, cast

import msgspec
import psycopg
from psycopg.rows import class_row, dict_row, scalar_row, tuple_row
from psycopg.types.json import Jsonb

from shared.db.entry import Entry
from shared.db.errors import from_psycopg
from shared.errors import InvalidInput, NotFound

T = TypeVar("T")
# A value for a jsonb column.
Json = Jsonb

_UNSET: Any = object()


class Pending(Generic[T]):
    """What a statement will answer once its unit of work has ended."""

    def __init__(self) -> None:
        self._result: T = _UNSET

    @property
    def is_resolved(self) -> bool:
        """Whether the answer is there: the unit of work was sent and committed."""
        return self._result is not _UNSET

    @property
    def result(self) -> T:
        """Return the answer.

        Raises: RuntimeError: the unit of work is still open, or failed.
        """
        if self._result is _UNSET:
            raise RuntimeError("read a result only after its unit of work has ended")
        return self._result

    def resolve(self, value: T) -> None:
        """Give the answer; only the unit of work calls this."""
        self._result = value


class _Statement(msgspec.Struct, frozen=True):
    sql: LiteralString
    params: Mapping[str, object]
    factory: Any
    settle: Callable[[Any], None]


class Unit:
    """Collects statements; leaving `Database.unit()` sends them in one implicit transaction with a single Sync.

    Every statement may use `%(tenant_id)s`, the tenant of this unit, and `%(readable)s`, the array of tenants it may
    read: its own, the organisation of a team, and the public one. Nothing is sent when the block raises, and one
    failing statement undoes all.
    """

    def __init__(self, entry: Entry) -> None:
        self._tenant_id = entry.tenant_id
        self._statements: list[_Statement] = []
        sql, params = entry.statement
        self.entered: Pending[Mapping[str, object] | None] = Pending()
        self._queue(sql, params, dict_row, lambda cur: self.entered.resolve(cur.fetchone()))

    @property
    def tenant_id(self) -> str | None:
        """The tenant this unit works for."""
        return self._tenant_id

    def one(self, row: type[T], sql: LiteralString, *, missing: str = "not found", **params: object) -> Pending[T]:
        """Queue a statement that answers one row, built as `row(**columns)`.

        Args:
            missing: the message of the NotFound raised at the unit's end when there is no row.
        """
        pending: Pending[T] = Pending()

        def settle(cur: psycopg.Cursor[T]) -> None:
            found = cur.fetchone()
            if found is None:
                raise NotFound(missing)
            pending.resolve(found)

        self._queue(sql, params, class_row(row), settle)
        return pending

    def maybe(self, row: type[T], sql: LiteralString, **params: object) -> Pending[T | None]:
        """Queue a statement that answers one row or none."""
        pending: Pending[T | None] = Pending()
        self._queue(sql, params, class_row(row), lambda cur: pending.resolve(cur.fetchone()))
        return pending

    def all(self, row: type[T], sql: LiteralString, **params: object) -> Pending[list[T]]:
        """Queue a statement that answers any number of rows."""
        pending: Pending[list[T]] = Pending()
        self._queue(sql, params, class_row(row), lambda cur: pending.resolve(cur.fetchall()))
        return pending

    def value(self, kind: type[T], sql: LiteralString, **params: object) -> Pending[T]:
        """Queue a statement that answers the single column of a single row, of type `kind`."""
        del kind  # only names the type for the reader and the checker
        pending: Pending[T] = Pending()
        self._queue(sql, params, scalar_row, lambda cur: pending.resolve(cast("T", cur.fetchone())))
        return pending

    def run(self, sql: LiteralString, **params: object) -> Pending[int]:
        """Queue a statement that answers only how many rows it touched."""
        pending: Pending[int] = Pending()
        self._queue(sql, params, tuple_row, lambda cur: pending.resolve(cur.rowcount))
        return pending

    def _queue(
        self, sql: LiteralString, params: Mapping[str, object], factory: Any, settle: Callable[[Any], None]
    ) -> None:
        # Only the database knows whether a tenant is a team; it is asked in the same statement, once.
        sql = sql.replace("%(readable)s", "(SELECT app_readable())")
        self._statements.append(_Statement(sql, {"tenant_id": self._tenant_id, **params}, factory, settle))

    def _execute(self, connection: "psycopg.Connection[Any]", cursors: list["psycopg.Cursor[Any]"]) -> None:
        try:
            for statement in self._statements:
                cursor = connection.cursor(row_factory=statement.factory)
                cursors.append(cursor.execute(statement.sql, statement.params))
        except BaseException as exc:
            # Where the driver refuses a value and not the server, the Sync at the pipeline's end would commit what
            # went before it.
            if not (isinstance(exc, psycopg.Error) and exc.sqlstate):
                connection.execute("ROLLBACK")
            raise

    def send(self, connection: "psycopg.Connection[Any]") -> None:
        """Send everything behind one Sync and resolve what was promised.

        Raises: AppError: a statement was refused, or answered no row where one was promised.
        """
        cursors: list[psycopg.Cursor[Any]] = []
        try:
            with connection.pipeline():
                self._execute(connection, cursors)
        except psycopg.Error as exc:
            raise from_psycopg(exc) from exc
        except UnicodeEncodeError:
            raise InvalidInput("a text holds half of a surrogate pair") from None
        for statement, cursor in zip(self._statements, cursors, strict=True):
            statement.settle(cursor)
