"""What clients log: taken, searched and cleared."""

from datetime import UTC, datetime
from typing import Annotated, Any, Final

from msgspec import Meta, Struct

from metrics_api.presence import sighting_of
from metrics_api.requests import Name, Timestamp
from metrics_api.rules import known_client, moment_of
from shared.api import Access, Request, Routes
from shared.clock import iso, utc_now
from shared.errors import InvalidInput
from shared.repositories.client_logs import ClientLogRepository, Level, Log, LogFilter, NewLog
from shared.repositories.clients import ClientRepository

routes = Routes("metrics")

MOST_ENTRIES: Final = 1_000
_BATCH_BYTES: Final = 1 << 20
# The levels of every platform's logger, in upper case, as ours.
_LEVELS: Final[dict[str, Level]] = {
    "TRACE": "DEBUG",
    "VERBOSE": "DEBUG",
    "DEBUG": "DEBUG",
    "INFO": "INFO",
    "NOTICE": "INFO",
    "WARN": "WARNING",
    "WARNING": "WARNING",
    "ERROR": "ERROR",
    "FATAL": "CRITICAL",
    "FAULT": "CRITICAL",
    "CRITICAL": "CRITICAL",
}


class Entry(Struct, frozen=True, kw_only=True):
    """One entry of a client's log; `timestamp` is ISO 8601, or milliseconds since 1970."""

    level: Annotated[str, Meta(max_length=16)]
    message: Annotated[str, Meta(max_length=16_384)]
    label: Name | None = None
    timestamp: Timestamp | None = None
    file: Annotated[str, Meta(max_length=1_000)] | None = None
    function: Annotated[str, Meta(max_length=1_000)] | None = None
    line: Annotated[int, Meta(ge=0, le=2_147_483_647)] | None = None
    metadata: dict[str, Any] | None = None


class FindLogs(Struct, frozen=True):
    """Which entries; `level` names one or more, separated by commas."""

    limit: Annotated[int, Meta(ge=1, le=1_000)] = 100
    offset: Annotated[int, Meta(ge=0, le=100_000)] = 0
    level: Name | None = None
    search: Name | None = None
    client_id: Name | None = None
    label: Name | None = None
    since: Annotated[str, Meta(max_length=64)] | None = None


class Taken(Struct, frozen=True):
    """How many entries were stored."""

    status: str
    received: int


class Cleared(Struct, frozen=True):
    """How many entries were deleted."""

    status: str
    cleared: int


class LogAnswer(Struct, frozen=True):
    """An entry as the console reads it; received_at is in seconds since 1970."""

    id: str
    timestamp: str
    level: str
    label: str
    message: str
    file: str
    function: str
    line: int
    metadata: dict[str, Any]
    client_id: str
    client_name: str
    received_at: float


class LogPage(Struct, frozen=True):
    """A page of entries, the newest first, and how many there are."""

    logs: list[LogAnswer]
    total: int
    limit: int
    offset: int


@routes.post("/log", access=Access.CLIENT, max_body=_BATCH_BYTES)
@routes.post("/api/logs", access=Access.CLIENT, max_body=_BATCH_BYTES)
def add_logs(request: Request, body: Entry | list[Entry]) -> Taken:
    """Store one entry or a batch of at most a thousand."""
    entries = [body] if isinstance(body, Entry) else body
    if len(entries) > MOST_ENTRIES:
        expected = f"at most {MOST_ENTRIES} entries"
        raise InvalidInput(f"body: {expected}", details={"body": expected})
    client_id = known_client(request.client.id, request.client.name, "unknown")
    new = [_new(entry, utc_now()) for entry in entries]
    with request.unit() as unit:
        ClientLogRepository(unit).add(client_id, request.client.name, new)
        ClientRepository(unit).seen(sighting_of(request, client_id, logs=len(new)))
    return Taken("ok", len(new))


@routes.get("/api/logs", access=Access.CLIENT)
def find_logs(request: Request, query: FindLogs) -> LogPage:
    """Return a page of the entries the caller sees."""
    wanted = LogFilter(
        levels=None if query.level is None else [_level(name, "level") for name in query.level.split(",")],
        search=query.search,
        client_id=query.client_id,
        label=query.label,
        since=None if query.since is None else moment_of(query.since, utc_now(), field="since"),
    )
    with request.unit() as unit:
        logs = ClientLogRepository(unit)
        found, total = logs.find(wanted, limit=query.limit, offset=query.offset), logs.count(wanted)
    return LogPage([_answer(log) for log in found.result], total.result, query.limit, query.offset)


@routes.delete("/api/logs", access=Access.CLIENT)
def clear_logs(request: Request) -> Cleared:
    """Delete every entry the caller sees."""
    with request.unit() as unit:
        cleared = ClientLogRepository(unit).clear()
    return Cleared("ok", cleared.result)


def _new(entry: Entry, now: datetime) -> NewLog:
    return NewLog(
        level=_level(entry.level, "level"),
        label=entry.label or "",
        message=entry.message,
        file=entry.file or "",
        function=entry.function or "",
        line=entry.line or 0,
        metadata=entry.metadata or {},
        logged_at=_logged_at(entry.timestamp, now),
    )


def _logged_at(timestamp: str | float | None, now: datetime) -> datetime:
    """Return when a client says it logged.

    Raises: InvalidInput: a text that is no ISO 8601 timestamp, or milliseconds beyond the year 9999.
    """
    if isinstance(timestamp, str) or timestamp is None:
        return moment_of(timestamp, now)
    try:
        return datetime.fromtimestamp(timestamp / 1000, UTC)
    except (ValueError, OverflowError, OSError):
        expected = "expected ISO 8601, or milliseconds since 1970"
        raise InvalidInput(f"timestamp: {expected}", details={"timestamp": expected}) from None


def _level(name: str, field: str) -> Level:
    """Return a platform's level as ours.

    Raises: InvalidInput: none of any platform.
    """
    level = _LEVELS.get(name.strip().upper())
    if level is None:
        expected = f"one of {', '.join(sorted(_LEVELS))}"
        raise InvalidInput(f"{field}: {expected}", details={field: expected})
    return level


def _answer(log: Log) -> LogAnswer:
    return LogAnswer(
        id=log.id,
        timestamp=iso(log.logged_at),
        level=log.level,
        label=log.label,
        message=log.message,
        file=log.file,
        function=log.function,
        line=log.line,
        metadata=dict(log.metadata),
        client_id=log.client_id,
        client_name=log.client_name,
        received_at=log.received_at.timestamp(),
    )
