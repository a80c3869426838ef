"""Orders of prepared speech are placed, and jobs told to carry them out."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Final

import msgspec

from core.speech.desk import SpeechDesk
from core.speech.estimates import Estimate, Shelved
from core.speech.speaking import KIND, MOST_ITEMS
from shared.api import Request
from shared.db import Unit
from shared.errors import Conflict, InvalidInput
from shared.ids import new_id
from shared.repositories.jobs import JobRepository
from shared.repositories.metering import Price
from shared.repositories.speech_items import NewItem, Outcome, SpeechItemRepository
from shared.repositories.speech_orders import NewOrder, Purpose, SpeechOrder, SpeechOrderRepository

# Among the jobs of a tenant: a learner is about to come to a topic; a deployment has until its day.
PRIORITIES: Final[dict[Purpose, int]] = {"topic": 20, "comparison": 10, "module": 0, "batch": 0, "deployment": -10}

# What is asked of an order: queued in a unit.
Act = Callable[[Unit, SpeechOrder], None]


class Prospect(msgspec.Struct, frozen=True):
    """Texts that may be ordered: which are there, and what the others would cost."""

    there: Sequence[Outcome]
    estimate: Estimate


def prospect(desk: SpeechDesk, items: Sequence[NewItem], price: Price) -> Prospect:
    """Look which texts are there, and what the others would cost.

    Raises: InvalidInput: there are too many.
    """
    if len(items) > MOST_ITEMS:
        expected = f"at most {MOST_ITEMS} texts at once"
        raise InvalidInput(f"items: {expected}", details={"items": expected})
    shelved = Shelved(desk)
    there = [
        Outcome(position, "completed", cached=True, duration_ms=shelved.milliseconds(size))
        for position, item in enumerate(items)
        if (size := shelved.size(item)) is not None
    ]
    return Prospect(there, shelved.estimate(items, price))


def place(unit: Unit, new: NewOrder, items: Sequence[NewItem], known: Prospect) -> str:
    """Queue an order with its items and return its id; nothing carries it out yet."""
    order_id = new_id()
    SpeechOrderRepository(unit).add(order_id, new)
    SpeechItemRepository(unit).replace(order_id, items)
    SpeechItemRepository(unit).record(order_id, known.there)
    SpeechOrderRepository(unit).estimate(order_id, known.estimate.micro_usd)
    return order_id


def order_now(request: Request, desk: SpeechDesk, new: NewOrder, items: Sequence[NewItem], price: Price) -> SpeechOrder:
    """Place an order that a job carries out at once, and return it.

    Raises: Conflict `too_many_jobs`: the tenant waits for enough of them. InvalidInput: there are too many texts.
    """
    known = prospect(desk, items, price)
    with request.unit() as unit:
        SpeechOrderRepository(unit).require_room()
        order_id = place(unit, new, items, known)
        send(unit, order_id, new.purpose)
        placed = SpeechOrderRepository(unit).get(order_id)
    return placed.result


def send(
    unit: Unit, order_id: str, purpose: Purpose, *, last_job_id: str | None = None, after: datetime | None = None
) -> None:
    """Queue a job that carries an order out; two that are sent at the same time are one.

    Args:
        last_job_id: the order's last job, which has ended or never will begin; None: there was none.
        after: it does not begin before.
    """
    key = f"speak:{order_id}:{last_job_id or 'first'}"
    # The first one has the order's id, so that whoever was told it may look at the job.
    job_id = order_id if last_job_id is None else new_id()
    payload = {"order_id": order_id}
    JobRepository(unit).add(job_id, KIND, payload, priority=PRIORITIES[purpose], after=after, key=key)
    SpeechOrderRepository(unit).carried_out_by(order_id, key)


def ask(request: Request, order: SpeechOrder, act: Act) -> SpeechOrder:
    """Do what somebody who teaches asks of an order, with one of the acts below, and return the order as it is then.

    Raises: Forbidden: they do not teach. Conflict: it was cancelled for good, or as the act says.
    """
    with request.unit() as unit:
        SpeechOrderRepository(unit).require_teacher()
        SpeechOrderRepository(unit).refuse_cancelled(order.id)
        act(unit, order)
        after = SpeechOrderRepository(unit).get(order.id)
    return after.result


def start(unit: Unit, order: SpeechOrder) -> None:
    """Queue that an order is carried out now; one that is under way stays so, one that rests goes on."""
    if order.job_id is not None and order.job_status == "paused" and not order.job_waits:
        JobRepository(unit).resume(order.job_id)
    elif order.job_id is None or not order.is_at_work:
        if order.job_id is not None and order.job_status in {"queued", "paused"}:
            JobRepository(unit).cancel(order.job_id)  # it was to begin later
        send(unit, order.id, order.purpose, last_job_id=order.job_id)
    elif order.wish == "pause":
        JobRepository(unit).resume(order.job_id)


def pause(unit: Unit, order: SpeechOrder) -> None:
    """Queue a rest for an order that is under way, or waits for its time.

    Raises: Conflict `not_started`. At the unit's end: Conflict: it has ended.
    """
    JobRepository(unit).pause(_job_of(order))


def resume(unit: Unit, order: SpeechOrder) -> None:
    """Queue that an order which rests goes on.

    Raises: Conflict `not_started`. At the unit's end: Conflict: it has ended.
    """
    JobRepository(unit).resume(_job_of(order))


def stop(unit: Unit, order: SpeechOrder) -> None:
    """Queue the end of whatever carries an order out; what is spoken stays."""
    if order.job_id is not None and order.job_status is not None:
        JobRepository(unit).cancel(order.job_id)


def retry_failed(unit: Unit, order: SpeechOrder) -> None:
    """Queue another try of what failed.

    Raises: Conflict `job_running`: it is still tried.
    """
    if order.is_at_work:
        raise Conflict("it is at work: what fails is tried again by itself; ask when it has ended", code="job_running")
    SpeechItemRepository(unit).reset_failed(order.id)
    if order.failed and order.job_status != "paused":
        if order.job_id is not None and order.job_status == "queued":
            JobRepository(unit).cancel(order.job_id)
        send(unit, order.id, order.purpose, last_job_id=order.job_id)


def _job_of(order: SpeechOrder) -> str:
    if order.job_id is None or order.job_status is None:
        raise Conflict("it has not been started", code="not_started")
    return order.job_id
