"""The unit of work: statements are queued and sent together, so that a request costs one round trip."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Generic, LiteralString, TypeVar, cast

import psycopg
from psycopg.types.json import Jsonb

from shared.db.entry import Entry
from shared.db.errors import from_psycopg
from shared.db.wire import Answer, KeepPlan, Statement, Wire
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


class Unit:
    """Collects statements; leaving `Database.unit()` sends them in one implicit transaction with a single Sync.

    Every statement may use `%(tenant_id)s`, the tenant of this unit, and `%(readable)s`, the array of tenants it may
    read: its own, the organisation of a team, and the public one. Nothing is sent when the block raises, and one
    failing statement undoes all.
    """

    def __init__(self, entry: Entry) -> None:
        self._tenant_id = entry.tenant_id
        self._statements: list[Statement] = []
        self._settle: list[Callable[[Answer], None]] = []
        sql, params = entry.statement
        self.entered: Pending[Mapping[str, object] | None] = Pending()
        self._queue(KeepPlan(sql), params, lambda answer: self.entered.resolve(_first(answer.rows(dict))))

    @property
    def tenant_id(self) -> str | None:
        """The tenant this unit works for."""
        return self._tenant_id

    def one(
        self, row: type[T], sql: LiteralString | KeepPlan, *, missing: str = "not found", **params: object
    ) -> Pending[T]:
        """Queue a statement that answers one row, built as `row(**columns)`.

        Args:
            missing: the message of the NotFound raised at the unit's end when there is no row.
        """
        pending: Pending[T] = Pending()

        def settle(answer: Answer) -> None:
            found = _first(answer.rows(row))
            if found is None:
                raise NotFound(missing)
            pending.resolve(found)

        self._queue(sql, params, settle)
        return pending

    def maybe(self, row: type[T], sql: LiteralString | KeepPlan, **params: object) -> Pending[T | None]:
        """Queue a statement that answers one row or none."""
        pending: Pending[T | None] = Pending()
        self._queue(sql, params, lambda answer: pending.resolve(_first(answer.rows(row))))
        return pending

    def all(self, row: type[T], sql: LiteralString | KeepPlan, **params: object) -> Pending[list[T]]:
        """Queue a statement that answers any number of rows."""
        pending: Pending[list[T]] = Pending()
        self._queue(sql, params, lambda answer: pending.resolve(answer.rows(row)))
        return pending

    def value(self, kind: type[T], sql: LiteralString | KeepPlan, **params: object) -> Pending[T]:
        """Queue a statement that answers the single column of a single row, of type `kind`."""
        del kind  # only names the type for the reader and the checker
        pending: Pending[T] = Pending()
        self._queue(sql, params, lambda answer: pending.resolve(cast("T", _first(answer.scalars()))))
        return pending

    def run(self, sql: LiteralString | KeepPlan, **params: object) -> Pending[int]:
        """Queue a statement that answers only how many rows it touched."""
        pending: Pending[int] = Pending()
        self._queue(sql, params, lambda answer: pending.resolve(answer.count))
        return pending

    def _queue(
        self, sql: LiteralString | KeepPlan, params: Mapping[str, object], settle: Callable[[Answer], None]
    ) -> None:
        text, keep_plan = (sql.sql, True) if isinstance(sql, KeepPlan) else (sql, False)
        # Only the database knows whether a tenant is a team; it is asked in the same statement, once.
        text = text.replace("%(readable)s", "(SELECT app_readable())")
        self._statements.append(Statement(text, {"tenant_id": self._tenant_id, **params}, keep_plan))
        self._settle.append(settle)

    def send(self, wire: Wire) -> None:
        """Send everything behind one Sync and resolve what was promised.

        Raises: AppError: a statement was refused, or answered no row where one was promised.
        """
        try:
            answers = wire.exchange(self._statements)
        except psycopg.Error as exc:
            raise from_psycopg(exc) from exc
        except UnicodeEncodeError:
            raise InvalidInput("a text holds half of a surrogate pair") from None
        for settle, answer in zip(self._settle, answers, strict=True):
            settle(answer)


def _first(found: Sequence[T]) -> T | None:
    return found[0] if found else None
