"""Wall-clock time as the wire wants it."""

from datetime import UTC, datetime


def utc_now() -> datetime:
    """Return the current time, aware, in UTC."""
    return datetime.now(UTC)


def iso(moment: datetime) -> str:
    """Render a moment as `YYYY-MM-DDTHH:MM:SSZ`: no fraction and no offset, as the phones' decoders demand."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
