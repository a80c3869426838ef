"""Which jobs a deployment runs, and makes by itself."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

import pytest

from core.jobs.port import RunningJob
from core.jobs.registry import Registry, Schedule


class Sweep:
    kind = "sweep"

    async def run(self, job: RunningJob) -> Mapping[str, object]:
        return {"of": job.order.id}


@pytest.mark.parametrize(
    ("every", "offset", "slot"),
    [
        (timedelta(minutes=10), timedelta(), datetime(2026, 3, 4, 15, 20, tzinfo=UTC)),
        (timedelta(days=1), timedelta(hours=3), datetime(2026, 3, 4, 3, tzinfo=UTC)),
        (timedelta(days=1), timedelta(hours=16), datetime(2026, 3, 3, 16, tzinfo=UTC)),
        (timedelta(days=7), timedelta(hours=3), datetime(2026, 3, 2, 3, tzinfo=UTC)),
    ],
)
def test_a_slot_begins_where_the_schedule_says(every: timedelta, offset: timedelta, slot: datetime) -> None:
    schedule = Schedule(name="sweep", kind="sweep", every=every, offset=offset)
    assert schedule.slot(datetime(2026, 3, 4, 15, 26, 7, tzinfo=UTC)) == slot
    assert schedule.slot(slot) == slot


def test_a_contradiction_is_noticed_at_the_start() -> None:
    daily = Schedule(name="sweep", kind="sweep", every=timedelta(days=1))
    with pytest.raises(ValueError, match="two handlers"):
        Registry([Sweep(), Sweep()])
    with pytest.raises(ValueError, match="its name is taken"):
        Registry([Sweep()], [daily, daily])
    with pytest.raises(ValueError, match="nobody handles"):
        Registry([], [daily])
    with pytest.raises(ValueError, match="every minute at most"):
        Registry([Sweep()], [Schedule(name="often", kind="sweep", every=timedelta(seconds=1))])
    assert Registry([Sweep()], [daily]).schedules == {"sweep": daily}
