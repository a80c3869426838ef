"""Decisions about measurements; pure functions."""

import hashlib
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Final, TypeGuard, cast

import msgspec

from metrics_api.requests import CAMEL, Report
from shared.api.decoding import decode_body
from shared.errors import InvalidInput
from shared.repositories.metrics import Measures, NewEvent, NewSnapshot

_SNAKE: Final = {camel: snake for snake, camel in CAMEL.items()}
_E2E: Final = ("e2eLatencyMs", "e2e_latency_ms", "e2eLatency", "e2e_latency", "totalMs", "total_ms")
_MOST_MS: Final = 1e9
_KNOWN: Final = frozenset(Report.__struct_fields__) | frozenset(_SNAKE)


def read_report(raw: Mapping[str, object]) -> Report:
    """Return a report in either spelling.

    Raises: InvalidInput: a field is missing or wrong; it is named in the spelling of the report.
    """
    renamed = {_SNAKE.get(name, name): value for name, value in raw.items()}
    try:
        return decode_body(msgspec.json.encode(renamed), Report)
    except InvalidInput as exc:
        if _SNAKE.keys().isdisjoint(raw):
            raise
        details = {CAMEL.get(name, name): expected for name, expected in exc.details.items()}
        field, expected = next(iter(details.items()))
        raise InvalidInput(f"{field}: {expected}", details=details) from None


def digest(value: object) -> str:
    """Return what tells one JSON value from another, whatever the order of its keys."""
    return hashlib.sha256(msgspec.json.encode(value, order="sorted")).hexdigest()


def event_of(event: Mapping[str, object]) -> NewEvent:
    """Return a single event to store, with what we understand of it; clients name its fields in several ways."""
    providers = event.get("providers")
    stages = {stage: event.get(f"{stage}Provider") for stage in ("stt", "llm", "tts")}
    named = cast("dict[str, object]", providers) if isinstance(providers, dict) else stages
    session = next((event[name] for name in ("sessionId", "session_id") if isinstance(event.get(name), str)), "")
    e2e = next((value for name in _E2E if _is_number(value := event.get(name))), None)
    return NewEvent(
        digest=digest(event),
        event=event,
        session_id=str(session)[:200],
        e2e_ms=float(e2e) if e2e is not None and 0 < e2e <= _MOST_MS else None,
        providers={stage: name[:100] for stage, name in named.items() if isinstance(name, str) and len(stage) <= 32},
    )


def _is_number(value: object) -> TypeGuard[float]:
    return isinstance(value, int | float) and not isinstance(value, bool)


def known_client(*names: str | None) -> str:
    """Return the first name a client gives itself.

    Raises: InvalidInput: it gives none.
    """
    for name in names:
        if name:
            return name
    expected = "required, here or as X-Client-ID"
    raise InvalidInput(f"client_id: {expected}", details={"client_id": expected})


def moment_of(timestamp: str | float | None, now: datetime, *, field: str = "timestamp") -> datetime:
    """Return the moment a client names: its ISO 8601 timestamp, or now where it counts in a way of its own.

    Raises: InvalidInput: a text that is no such timestamp; `field` names it.
    """
    if not isinstance(timestamp, str) or not timestamp:
        return now
    try:
        moment = datetime.fromisoformat(timestamp)
        return moment.replace(tzinfo=moment.tzinfo or UTC).astimezone(UTC)
    except (ValueError, OverflowError):
        expected = "expected an ISO 8601 date and time"
        raise InvalidInput(f"{field}: {expected}", details={field: expected}) from None


def snapshot_of(
    report: Report, raw: Mapping[str, object], *, client_id: str | None, client_name: str | None, now: datetime
) -> NewSnapshot:
    """Return the summary to store.

    Args:
        raw: the report as it came; what no field of ours holds is kept with the summary.
        client_id, client_name: as the X-Client headers say.
    Raises: InvalidInput: nobody says whose report it is, or its timestamp is none.
    """
    numbers = {name: getattr(report, name) or 0 for name in Measures.__struct_fields__}
    return NewSnapshot(
        client_id=known_client(report.client_id, client_id),
        client_name=report.client_name or client_name or "",
        session_id=report.session_id or "",
        key=digest(raw) if report.timestamp in (None, "") else str(report.timestamp),
        reported_at=moment_of(report.timestamp, now),
        measures=Measures(**numbers),
        extra={name: value for name, value in raw.items() if name not in _KNOWN},
    )
