"""The database and the queue in it: do they answer, and do their rules bind the application."""

from collections.abc import Iterator
from ipaddress import ip_address
from typing import Final
from urllib.parse import urlsplit

from infra.local.doctor.findings import Finding, failed, ok, warning
from shared.db.inspection import DatabaseState, QueueState, inspect, inspect_queue
from shared.errors import AppError

_OLDEST: Final = 150_000
_SKEW_S: Final = 2.0
_MUCH_SKEW_S: Final = 30.0
_STUCK_S: Final = 120.0
_MUCH_IN_USE: Final = 0.8


def check(url: str) -> Iterator[Finding]:
    """Yield what there is to say of a database."""
    try:
        state = inspect(url)
    except AppError as error:
        yield failed("database", _why(error), "see docs/ops/the-database-does-not-answer.md")
        return
    yield from judge(state, url)


def judge(state: DatabaseState, url: str) -> Iterator[Finding]:
    """Yield what a database's state means."""
    yield from _server(state, url)
    yield _schema(state)
    yield _rights(state)
    yield _clock(state)


def check_queue(url: str) -> Iterator[Finding]:
    """Yield how jobs do; nothing where the database does not answer, which is said elsewhere."""
    try:
        state = inspect_queue(url)
    except AppError:
        return
    if state is not None:
        yield judge_queue(state)


def _why(error: AppError) -> str:
    """Return the driver's own reason where there is one; it never holds a password."""
    said = str(error.__cause__ or error.message).strip().splitlines()
    return said[0] if said else error.message


def _server(state: DatabaseState, url: str) -> Iterator[Finding]:
    if state.number < _OLDEST:
        yield failed("database", f"PostgreSQL {state.server} is too old", "use PostgreSQL 15 or newer")
    elif state.connections > _MUCH_IN_USE * state.most_connections:
        yield warning(
            "database",
            f"{state.connections} of {state.most_connections} connections are in use",
            "lower UNAMENTIS_DATABASE_POOL, or see docs/ops/scaling.md",
        )
    else:
        yield ok("database", f"PostgreSQL {state.server} answers in {state.round_trip_s * 1000:.1f} ms")
    if state.encrypted:
        yield ok("database TLS", "the connection is encrypted")
    elif _is_here(url):
        yield ok("database TLS", "none, and none is needed: the database is on this machine")
    else:
        yield warning(
            "database TLS",
            "the connection to another machine is not encrypted",
            "end DATABASE_URL with ?sslmode=verify-full&sslrootcert=…; inside one host's container network it may stay",
        )


def _is_here(url: str) -> bool:
    host = urlsplit(url).hostname
    try:
        return host is None or ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _schema(state: DatabaseState) -> Finding:
    if state.pending:
        told = f"{len(state.pending)} migrations are not applied, from {state.pending[0]} on"
        return failed("schema", told, "run the migration step of your deployment; ./unamentis up does it by itself")
    if state.unknown:
        told = f"{len(state.unknown)} applied migrations are not of this version, such as {state.unknown[0]}"
        return failed("schema", told, "run the version that made the schema, or a newer one: docs/ops/upgrade.md")
    return ok("schema", "every migration is applied")


def _rights(state: DatabaseState) -> Finding:
    if state.unprotected:
        told = f"row-level security is not forced on {', '.join(state.unprotected)}"
        return failed("tenant rules", told, "restore the schema from its migrations; nobody else may alter tables")
    if "unamentis_app" in state.bypasses:
        told = "row-level security does not bind the application's role"
        return failed("tenant rules", told, "ALTER ROLE unamentis_app NOSUPERUSER NOBYPASSRLS")
    if state.bypasses:
        told = f"{state.bypasses[0]} logs in, whom row-level security would not bind outside the application's role"
        return warning("tenant rules", told, "have servers log in as unamentis_app")
    return ok("tenant rules", "row-level security binds the application")


def _clock(state: DatabaseState) -> Finding:
    skew = abs(state.skew_s) - state.round_trip_s / 2
    told = f"this machine and the database differ by {abs(state.skew_s):.1f} s"
    remedy = "synchronise both clocks (timedatectl set-ntp true): tokens and limits count in seconds"
    if skew > _MUCH_SKEW_S:
        return failed("clock", told, remedy)
    return warning("clock", told, remedy) if skew > _SKEW_S else ok("clock", told)


def judge_queue(state: QueueState) -> Finding:
    """Return what a queue's state means."""
    remedy = "see docs/ops/jobs-do-not-move.md"
    if state.overdue and state.oldest_s > _STUCK_S:
        who = f"{state.workers} processes run jobs" if state.workers else "no process runs jobs"
        return failed("queue", f"{state.overdue} jobs wait, the first for {state.oldest_s:.0f} s; {who}", remedy)
    if state.failed:
        return warning("queue", f"{state.failed} jobs failed in the last day", remedy)
    if not state.workers:
        return warning("queue", "no process runs jobs", "start a voice service: it runs them beside sessions")
    return ok("queue", f"{state.running} jobs run, {state.overdue} wait; room for {state.slots}")
