"""The job that speaks an order of prepared speech: what is there is not made again, what is made is paid for once."""

import asyncio
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, TypeVar

import msgspec
from msgspec import structs

from core.jobs.port import RunningJob
from core.providers.tts.port import Voice
from core.speech.desk import SpeechDesk
from core.speech.estimates import Estimate, Prices, Shelved, voice_of
from core.speech.scripts import items_of
from core.speech.sources import Reading
from core.speech.voiced import note_items
from shared.db import Database, Unit
from shared.errors import AppError, BudgetExhausted, Conflict, InvalidInput
from shared.repositories.metering import Price
from shared.repositories.speech_items import Item, Outcome, SpeechItemRepository
from shared.repositories.speech_orders import SpeechOrder, SpeechOrderRepository

Result = TypeVar("Result")

KIND: Final = "speak"
# Texts one order may hold; the knowledge-bowl module has some 16 000 at most.
MOST_ITEMS: Final = 20_000
_AT_ONCE: Final = 4
_MOST_ATTEMPTS: Final = 3
_MOST_IN_A_ROW: Final = 5
_PAUSE_S: Final = 1.0
# Longer than the longest text takes to be spoken.
_CLAIM_S: Final = 300
_NO_MONEY: Final = "raise the budget or wait until it resets, then start it again: what is spoken stays"


@dataclass(slots=True)
class _Run:
    """One run of an order: what is left, and how it goes."""

    job: RunningJob
    order: SpeechOrder
    left: deque[Item]
    in_a_row: int = 0

    @property
    def progress(self) -> float:
        """From 0 to 1."""
        return max(0.0, 1 - len(self.left) / self.order.total) if self.order.total else 1.0


class _Tried(msgspec.Struct, frozen=True):
    """What an attempt at an item came to, and the failure where it did."""

    item: Item
    outcome: Outcome
    error: AppError | None = None


class Speaking:
    """Jobs of the kind `speak`, with the payload {"order_id"}.

    Args:
        at_once: texts of one order that are spoken at the same time.
        pause_s: seconds before another try where nothing could be spoken: a vendor fails, or another job is at it.
    """

    kind = KIND

    def __init__(
        self, database: Database, desk: SpeechDesk, *, at_once: int = _AT_ONCE, pause_s: float = _PAUSE_S
    ) -> None:
        self._database = database
        self._desk = desk
        self._at_once = at_once
        self._pause_s = pause_s

    async def run(self, job: RunningJob) -> Mapping[str, object]:
        """Speak what is missing of an order and return the counts.

        Raises: BudgetExhausted: the money is used up; what was spoken stays. Unavailable: the vendor or the store
            failed so often in a row that a longer rest is better. NotFound: the order is gone. Conflict: cancelled.
        """
        run = await self._begin(job)
        while run.left:
            await self._go_on(run)
        ended = await self._work(job, lambda unit: SpeechOrderRepository(unit).get(run.order.id))
        order = ended.result
        counts = {"total": order.total, "completed": order.completed, "cached": order.cached, "failed": order.failed}
        await job.say(f"{order.completed} of {order.total} texts are spoken", **counts)
        return {**counts, "estimate_micros": order.estimate_micros, "cost_micros": order.cost_micros}

    async def _begin(self, job: RunningJob) -> _Run:
        """Read what is to be said, note what is there already, and what the rest is to cost.

        A run that goes on where another ended has nothing to note: its first step is a text that is spoken.
        """
        order_id, goes_on = str(job.order.payload["order_id"]), "estimated" in job.order.checkpoint
        found = await self._work(job, lambda unit: SpeechOrderRepository(unit).get(order_id))
        if found.result.cancelled_at is not None:
            raise Conflict("the order was cancelled", code="cancelled")
        if found.result.purpose == "deployment" and not job.order.checkpoint:
            await self._read_again(job, found.result)
        order, items, prices = await self._work(
            job,
            lambda unit: (
                SpeechOrderRepository(unit).get(order_id),
                SpeechItemRepository(unit).find(order_id, status="pending" if goes_on else None, limit=MOST_ITEMS),
                Prices(unit, self._desk),
            ),
        )
        if goes_on:
            return _Run(job, order.result, deque(items.result))
        wanted = [item for item in items.result if item.status != "failed"]
        changes, estimate = await asyncio.to_thread(self._look, wanted, prices.price)
        states = {item.position: item.status for item in wanted}
        states |= {change.position: change.status for change in changes}
        run = _Run(job, order.result, deque(item for item in wanted if states[item.position] == "pending"))

        def note(unit: Unit) -> None:
            SpeechItemRepository(unit).record(order_id, changes)
            SpeechOrderRepository(unit).estimate(order_id, estimate.micro_usd)
            for is_there, status in ((True, "completed"), (False, "pending")):
                found = [item for item in wanted if states[item.position] == status]
                note_items(unit, order.result, found, voice=self._desk.voice(), is_there=is_there)

        noted = {"read": True, "estimated": True, "estimate_micros": estimate.micro_usd}
        await job.write(note, progress=run.progress, stage="looking", checkpoint=noted)
        await job.say(
            f"{estimate.clips} clips are missing", clips=estimate.clips, estimated_micro_usd=estimate.micro_usd
        )
        return run

    async def _read_again(self, job: RunningJob, order: SpeechOrder) -> None:
        """Say what the curriculum says now: it was ordered ahead of the day."""
        reading = await self._work(job, lambda unit: Reading(unit, order.source_type, order.source_id))
        voice = Voice(order.voice, order.speed, order.language)
        items = items_of(reading.lines(job.order.tenant_id)[:MOST_ITEMS], voice)
        await job.write(
            lambda unit: SpeechItemRepository(unit).replace(order.id, items),
            progress=0,
            stage="reading",
            checkpoint={"read": True},
        )

    def _look(self, items: Sequence[Item], price: Price) -> tuple[list[Outcome], Estimate]:
        """Return which items' states the object store contradicts, and what the missing ones are to cost."""
        shelved = Shelved(self._desk)
        changes: list[Outcome] = []
        for item in items:
            size = shelved.size(item)
            if size is not None and item.status == "pending":
                length = shelved.milliseconds(size)
                changes.append(Outcome(item.position, "completed", cached=True, duration_ms=length))
            elif size is None and item.status == "completed":  # it was removed meanwhile
                changes.append(Outcome(item.position, "pending"))
        return changes, shelved.estimate(items, price)

    async def _go_on(self, run: _Run) -> None:
        """Speak the next few texts, or wait where another job speaks them.

        Raises: as `run`.
        """
        window = [run.left.popleft() for _ in range(min(self._at_once, len(run.left)))]
        clips = {item.position: self._desk.keys(item.owner_id, item.text, voice_of(item)) for item in window}
        wanted = [clip for keys in clips.values() for clip in keys]
        job_id = run.job.order.id
        granted = set(
            (
                await self._work(
                    run.job, lambda unit: SpeechItemRepository(unit).claim(wanted, job_id, lasts_s=_CLAIM_S)
                )
            ).result
        )
        mine = [item for item in window if granted.issuperset(clips[item.position])]
        tried = await asyncio.gather(*(self._speak(run.job, item) for item in mine))
        outcomes = [each.outcome for each in tried]
        again = [each.item for each in tried if each.outcome.status == "pending"]
        run.left.extend([*(item for item in window if item not in mine), *again])
        error = self._worst(run, tried)

        def note(unit: Unit) -> None:
            SpeechItemRepository(unit).record(run.order.id, outcomes)
            spoken = [each.item for each in tried if each.outcome.status == "completed"]
            note_items(unit, run.order, spoken, voice=self._desk.voice(), is_there=True)
            SpeechItemRepository(unit).release(list(granted), job_id)
            SpeechOrderRepository(unit).failing(run.order.id, run.in_a_row)

        cost = sum(outcome.cost_micros for outcome in outcomes)
        item = window[-1].source_ref
        await run.job.write(note, progress=run.progress, stage="speaking", item=item, cost_micros=cost)
        if error is not None:
            raise error
        if not any(each.error is None for each in tried):
            await asyncio.sleep(self._pause_s)

    async def _speak(self, job: RunningJob, item: Item) -> _Tried:
        costs: list[int] = []
        try:
            clip = await self._desk.read(
                job.order.caller, item.owner_id, item.text, voice_of(item), spent=costs.append, to_keep=True
            )
        except AppError as error:
            tried = 0 if isinstance(error, BudgetExhausted) else 1
            item = structs.replace(item, attempts=item.attempts + tried)
            given_up = item.attempts >= _MOST_ATTEMPTS or isinstance(error, InvalidInput)
            outcome = Outcome(
                item.position,
                "failed" if given_up else "pending",
                tried=tried,
                error=error.error_code,
                cost_micros=sum(costs),
            )
            return _Tried(item, outcome, error)
        duration_ms, cached = round(clip.seconds * 1000), clip.status == "hit"
        outcome = Outcome(item.position, "completed", cached=cached, cost_micros=sum(costs), duration_ms=duration_ms)
        return _Tried(item, outcome)

    def _worst(self, run: _Run, tried: Sequence[_Tried]) -> AppError | None:
        """Count failures in a row and return the one that ends the run, if any does."""
        for each in tried:
            if isinstance(each.error, BudgetExhausted):
                return BudgetExhausted(each.error.message, details={**each.error.details, "remedy": _NO_MONEY})
            run.in_a_row = run.in_a_row + 1 if each.error is not None else 0
            if each.error is not None and run.in_a_row >= _MOST_IN_A_ROW:
                return each.error
        return None

    async def _work(self, job: RunningJob, work: Callable[[Unit], Result]) -> Result:
        def once() -> Result:
            with self._database.unit(job.order.entry) as unit:
                return work(unit)

        return await asyncio.to_thread(once)
