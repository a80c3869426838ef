"""Which kinds of jobs this deployment runs, and which it makes by itself again and again."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Final

import msgspec

from core.jobs.port import JobHandler

_EPOCH: Final = datetime(2024, 1, 1, tzinfo=UTC)  # a Monday


class Schedule(msgspec.Struct, frozen=True, kw_only=True):
    """A job the deployment orders by itself, in the public tenant: one for each slot, however many processes there are.

    Attributes:
        name: of the schedule, as an outside scheduler names it. kind, payload: of the job.
        every: from one slot to the next, at least a minute.
        offset: from the beginning of a week, a day or an hour (UTC, as `every` divides them) to the slot.
    """

    name: str
    kind: str
    every: timedelta
    offset: timedelta = timedelta()
    payload: Mapping[str, object] = msgspec.field(default_factory=dict[str, object])

    def slot(self, now: datetime) -> datetime:
        """Return the beginning of the slot that a moment is in."""
        since = now - _EPOCH - self.offset
        return _EPOCH + self.offset + self.every * (since // self.every)


class Registry:
    """The handlers by kind, and the schedules by name.

    Raises: ValueError: two have one name, or a schedule's kind has no handler, or a schedule is due too often.
    """

    def __init__(self, handlers: Iterable[JobHandler] = (), schedules: Iterable[Schedule] = ()) -> None:
        self.handlers: dict[str, JobHandler] = {}
        self.schedules: dict[str, Schedule] = {}
        for handler in handlers:
            if handler.kind in self.handlers:
                raise ValueError(f"two handlers of {handler.kind}")
            self.handlers[handler.kind] = handler
        for schedule in schedules:
            if schedule.name in self.schedules or schedule.kind not in self.handlers:
                raise ValueError(f"schedule {schedule.name}: its name is taken, or nobody handles {schedule.kind}")
            if schedule.every < timedelta(minutes=1):
                raise ValueError(f"schedule {schedule.name}: every minute at most")
            self.schedules[schedule.name] = schedule
