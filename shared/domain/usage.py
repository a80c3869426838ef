"""What using the system costs: usage in provider units, money in integer micro-dollars."""

from datetime import date, datetime, timedelta
from enum import Enum
from typing import Final, Literal

import msgspec

from shared.errors import InvalidInput

Kind = Literal["speech_in", "tokens_in", "tokens_out", "speech_out", "request", "storage"]
# A byte_day is a byte of the object store, kept for a day.
Unit = Literal["audio_ms", "input_token", "output_token", "character", "request", "byte_day"]

# Speech out may use this share of every cap, in percent: it stops first, so that words can go on. Where there is a
# cheaper voice, the finer one stops before that.
FINER_SPEECH_SHARE = 80
SPEECH_SHARE = 90
FULL_SHARE = 100

LONGEST_REPORT_DAYS: Final = 366


class UsageEvent(msgspec.Struct, frozen=True):
    """One thing a provider did for us.

    Attributes:
        id: UUID; storing the same id again changes nothing.
        provider, model: as the price book names them.
        quantity: whole units.
    """

    id: str
    kind: Kind
    provider: str
    model: str
    quantity: int
    unit: Unit
    session_id: str | None = None


class Mode(Enum):
    """How much the tutor may still spend on a learner."""

    FULL = "full"  # everything
    CHEAPER_VOICE = "cheaper_voice"  # what is not in the cache is spoken by a cheaper voice
    TEXT = "text"  # speech only from the cache or the learner's own device; hearing and answering go on
    EXHAUSTED = "exhausted"  # nothing that costs


def resets_at(period: str, now: datetime) -> datetime:
    """Return when the running "day" or "month" of a moment in UTC ends."""
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    if period == "day":
        return midnight + timedelta(days=1)
    return (midnight.replace(day=1) + timedelta(days=32)).replace(day=1)


def mode(left_micro_usd: int, cap_micro_usd: int) -> Mode:
    """Return the mode under the tightest cap."""
    if left_micro_usd <= 0:
        return Mode.EXHAUSTED
    if left_micro_usd * 100 <= cap_micro_usd * (FULL_SHARE - SPEECH_SHARE):
        return Mode.TEXT
    return Mode.FULL


def present_mode(words_left: int, speech_left: int, most: Mode) -> Mode:
    """Return how much the tutor may spend now.

    Args:
        words_left, speech_left: micro-dollars the tightest cap leaves for words, and of its smaller share for speech.
        most: the most there is, as administrators set it.
    """
    if words_left <= 0:
        return Mode.EXHAUSTED
    return Mode.TEXT if speech_left <= 0 else most


def report_days(first: date | None, last: date | None, today: date) -> tuple[date, date]:
    """Return the days a report covers; without a first one, from the beginning of the last one's month.

    Raises: InvalidInput: the last is before the first, or there are more than a year's.
    """
    last = last or today
    first = first or last.replace(day=1)
    if not 0 <= (last - first).days < LONGEST_REPORT_DAYS:
        expected = f"a day from first to {LONGEST_REPORT_DAYS - 1} days later"
        raise InvalidInput(f"last: {expected}", details={"last": expected})
    return first, last
