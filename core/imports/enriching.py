"""The passes of a job in which a language model goes over its staged topics: once over each, whatever happens."""

import asyncio
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Final

from msgspec import structs

from core.imports.enrichment import Enriched, enrich, practice, speak
from core.imports.estimates import cost_of, expected, prices_of
from core.imports.orders import Progress, Wants
from core.jobs.port import RunningJob
from core.providers.llm.port import LanguageModel
from shared.auth.caller import Caller
from shared.curriculum_saving import OpenUnit
from shared.db import Unit
from shared.errors import BudgetExhausted, ProviderUnavailable
from shared.repositories.course_imports import CourseImportRepository, StagedTopic

# Lends a model whose calls are paid from the caller's tenant's budget, and tells what each has cost, in micro-dollars.
HireModel = Callable[[Caller, Callable[[int], None]], AbstractContextManager[LanguageModel]]

# Topics in a row that a model gives no usable answer for, before it is asked no more.
_MOST_REFUSED: Final = 3
# Runs without progress after which the lessons go on without what a vendor would have added.
_PATIENCE: Final = 3


class Passes:
    """Goes over the staged topics of one job.

    Args:
        span: of the job's progress, from and to, that the passes are.
    Attributes:
        progress: how far the job is.
    """

    def __init__(
        self, job: RunningJob, wants: Wants, open_unit: OpenUnit, progress: Progress, *, span: tuple[float, float]
    ) -> None:
        self._job = job
        self._wants = wants
        self._open_unit = open_unit
        self._span = span
        self._stage = "enriching"
        self._owed: list[int] = []
        self.progress = progress

    async def run(self, hire: HireModel) -> None:
        """Go over what is left; what a budget or a vendor denies is a warning, and what there is stays.

        Raises: JobStopped. ProviderUnavailable: a vendor failed, and the job is to be tried again later.
        """
        try:
            with hire(self._job.order.caller, self._owed.append) as llm:
                self.progress = structs.replace(self.progress, model=f"{llm.name}/{llm.model}")
                if self.progress.estimate_micros is None:
                    await self._estimate(llm)
                if self._wants.enriches:
                    await self._over("enriching", llm)
                if self._wants.generates:
                    await self._over("generating", llm)
        except BudgetExhausted as error:
            await self._end(f"nothing more was generated: {error.message}")
        except asyncio.CancelledError:
            await self._pay()
            raise
        except ProviderUnavailable:
            if self._job.order.attempt < _PATIENCE:
                await self._pay()
                raise
            await self._end("nothing more was generated: the language model does not answer")

    async def _over(self, stage: str, llm: LanguageModel) -> None:
        self._stage = stage
        refused = 0
        for position in range(self._done(stage), self.progress.total):
            topic = await asyncio.to_thread(self._topic, position)
            enriched = None if topic.node is None else await self._enriched(topic.node, stage, llm)
            self._reach(stage, position + 1)
            if enriched is not None:
                self._note(topic, enriched)
                refused = refused + 1 if enriched.refused else 0
            await self._keep(stage, topic, enriched)
            if refused >= _MOST_REFUSED:
                await self._end(f"{self.progress.model} gave no usable answers, so it was asked no more")
                return

    async def _enriched(self, node: dict[str, object], stage: str, llm: LanguageModel) -> Enriched:
        if stage == "enriching":
            return await enrich(node, self._wants, llm)
        made = Enriched(node)
        if self._wants.practice_problems:
            made = await practice(node, llm)
        if not self._wants.spoken_text:
            return made
        said = await speak(made.node, llm)
        return structs.replace(said, problems=made.problems, refused=made.refused or said.refused)

    def _topic(self, position: int) -> StagedTopic:
        with self._open_unit() as unit:
            found = CourseImportRepository(unit).staged_at(self._job.order.id, position)
        return found.result

    async def _keep(self, stage: str, topic: StagedTopic, enriched: Enriched | None) -> None:
        def write(unit: Unit) -> None:
            if enriched is not None:
                terms = [*topic.terms, *map(dict, enriched.terms)]
                CourseImportRepository(unit).stage(self._job.order.id, topic.position, topic.key, enriched.node, terms)

        await self._job.write(
            write,
            progress=self._share(),
            stage=stage,
            item=topic.key,
            checkpoint=self.progress.stored(),
            cost_micros=self._bill(),
        )

    def _note(self, topic: StagedTopic, enriched: Enriched) -> None:
        if enriched.refused:
            self.progress = self.progress.warned(f"{topic.key}: the language model gave no usable answer")
        self.progress = self.progress.counted(
            objectives_generated=enriched.objectives,
            assessments_generated=enriched.problems,
            checkpoints_generated=enriched.checkpoints,
            terms_generated=len(enriched.terms),
            segments_rewritten=enriched.rewritten,
        )

    async def _end(self, why: str) -> None:
        """Go no further, here or in a later run."""
        total = self.progress.total
        self.progress = structs.replace(self.progress, enriched=total, generated=total).warned(why)
        await self._job.say(why)
        await self._job.advance(
            progress=self._span[1], stage=self._stage, checkpoint=self.progress.stored(), cost_micros=self._bill()
        )

    async def _pay(self) -> None:
        """Tell the job what was spent on a topic that is not done: whoever asks again for it pays again."""
        if self._owed:
            await self._job.advance(progress=self._share(), stage=self._stage, cost_micros=self._bill())

    def _bill(self) -> int:
        """Return what was spent since the last time."""
        bill, self._owed[:] = sum(self._owed), []
        return bill

    async def _estimate(self, llm: LanguageModel) -> None:
        """Say what is to be spent, before any of it is."""
        calls, micros = await asyncio.to_thread(self._expected, llm)
        self.progress = structs.replace(self.progress, estimate_micros=micros)
        await self._job.advance(progress=self._span[0], stage=self._stage, checkpoint=self.progress.stored())
        await self._job.say(f"the model is to be asked {calls} times", calls=calls, estimated_micro_usd=micros)

    def _expected(self, llm: LanguageModel) -> tuple[int, int]:
        """Return how often the model is to be asked about all topics, and what that is to cost."""
        with self._open_unit() as unit:
            staged = CourseImportRepository(unit).staged(self._job.order.id)
            prices = prices_of((llm.name, llm.model), unit)
        calls = [
            call for topic in staged.result if topic.node is not None for call in expected(topic.node, self._wants)
        ]
        return len(calls), cost_of(calls, prices.result)

    def _done(self, stage: str) -> int:
        return self.progress.enriched if stage == "enriching" else self.progress.generated

    def _reach(self, stage: str, done: int) -> None:
        if stage == "enriching":
            self.progress = structs.replace(self.progress, enriched=done)
        else:
            self.progress = structs.replace(self.progress, generated=done)

    def _share(self) -> float:
        begin, end = self._span
        wanted = [stage for stage in ("enriching", "generating") if stage in self._wants.stages]
        done = sum(self._done(stage) for stage in wanted)
        return begin + (end - begin) * done / max(1, len(wanted) * self.progress.total)
