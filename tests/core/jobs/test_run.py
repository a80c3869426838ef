"""A run, and the recorded one that handlers are tested with: what one stores, the other does."""

from collections.abc import Callable

import pytest

from core.jobs.port import JobStopped, Order, RunningJob
from core.jobs.run import Run
from shared.errors import AppError
from shared.ids import new_id
from shared.repositories.job_runs import JobRunRepository
from tests.conftest import ALPHA, ALPHA_TENANT, ALPHA_USER
from tests.core.jobs.conftest import House, an_effect
from tests.core.jobs.test_consumer import count
from tests.fakes.jobs import RecordedJob, run_killed_at_every_step

Make = Callable[[], tuple[RunningJob, Callable[[], object]]]


def an_order(house: House) -> Order:
    job_id = house.add("count", {"to": 3})
    return Order(id=job_id, tenant_id=ALPHA_TENANT, user_id=ALPHA_USER, kind="count", payload={"to": 3})


@pytest.fixture(params=["stored", "recorded"])
def make(request: pytest.FixtureRequest, house: House) -> Make:
    """Makes a job under work, and what tells its checkpoint."""

    def made() -> tuple[RunningJob, Callable[[], object]]:
        order = an_order(house)
        if request.param == "recorded":
            recorded = RecordedJob(order, database=house.database)
            return recorded, lambda: recorded.checkpoint
        run_id = new_id()
        with house.database.unit(ALPHA) as unit:
            JobRunRepository(unit).begin(order.id, run_id, lease_s=30, most=8)
        return Run(house.jobs, order, run_id, lease_s=30), lambda: house.get(order.id).checkpoint

    return made


async def test_steps_store_their_checkpoints_and_effects(house: House, make: Make) -> None:
    job, checkpoint = make()
    assert await count(job) == {"counted": 3}
    assert (checkpoint(), house.effects()) == ({"done": 3}, 3)
    await job.say("done", numbers=3)
    await job.advance(progress=1, stage="resting")
    assert checkpoint() == {"done": 3}


async def test_an_effect_that_is_refused_leaves_the_checkpoint_as_it_was(house: House, make: Make) -> None:
    job, checkpoint = make()

    def refuse(_unit: object) -> None:
        raise AppError("no")

    with pytest.raises(AppError):
        await job.write(refuse, progress=0.5, stage="half", checkpoint={"done": 1})
    assert (checkpoint(), house.effects()) == ({}, 0)


async def test_a_run_that_lost_its_job_writes_nothing(house: House) -> None:
    order = an_order(house)
    lost = Run(house.jobs, order, new_id(), lease_s=30)
    with pytest.raises(JobStopped) as stopped:
        await lost.write(an_effect, progress=0.5, stage="half", checkpoint={"done": 1})
    recorded = RecordedJob(order, database=house.database, stop_at=1, reason="lost")
    with pytest.raises(JobStopped):
        await recorded.write(an_effect, progress=0.5, stage="half", checkpoint={"done": 1})
    assert (stopped.value.reason, house.effects(), house.get(order.id).checkpoint) == ("lost", 0, {})


async def test_a_handler_killed_at_every_step_does_nothing_twice(house: House) -> None:
    class Counting:
        kind = "count"
        run = staticmethod(count)

    job = RecordedJob(an_order(house), database=house.database, stop_at=1)
    result, runs = await run_killed_at_every_step(Counting(), job)
    assert (result, runs, house.effects()) == ({"counted": 3}, 4, 3)
