"""Metering within the budgets of the database: the parts put together, and what runs beside the sessions."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import suppress
from typing import Final

from aiohttp import web

from core.metering.bank import Bank
from core.metering.ledger import Ledger
from core.metering.purse import BudgetPurse
from core.pipeline.conversations import Visit
from core.pipeline.notices import Notice
from shared.errors import Unavailable
from shared.logging import get_logger

_log: Final = get_logger("core")

# An utterance may begin so much before the speech that is counted.
_LEAD_MS: Final = 2_000
_FLUSH_S: Final = 5.0


class BudgetMetering:
    """See Metering.

    Args:
        longest_utterance_ms: the longest a learner may speak at once.
        sweep_s: seconds between two looks for reservations nobody has settled in time.
        tidy_s: seconds between two looks for blocks that were used a while ago.
    """

    def __init__(self, bank: Bank, *, longest_utterance_ms: int, sweep_s: float = 30, tidy_s: float = 10) -> None:
        self._bank = bank
        self._longest_ms = longest_utterance_ms + _LEAD_MS
        self._sweep_s = sweep_s
        self._tidy_s = tidy_s
        self._purses: set[BudgetPurse] = set()
        self.ledger = Ledger(bank)

    def open(
        self,
        visit: Visit,
        tell: Callable[[Notice], None],
        *,
        ahead: bool = True,
        spent: Callable[[int], None] = lambda _micro_usd: None,
    ) -> BudgetPurse:
        """Return a session's purse.

        Args:
            ahead: reserve before a call needs it; not worth it for a single call, whose visit names no session.
            spent: is told what each call cost, in micro-dollars.
        """
        purse = BudgetPurse(
            self._bank,
            self.ledger,
            visit,
            tell,
            longest_utterance_ms=self._longest_ms,
            ahead=ahead,
            spent=spent,
            closed=self._purses.discard,
        )
        self._purses.add(purse)
        return purse

    async def run(self, _app: web.Application) -> AsyncGenerator[None]:
        """Settle, tidy and sweep while the application runs; at its end settle what the sessions have spent."""
        beside = [asyncio.create_task(work) for work in (self.ledger.run(), self._tidy(), self._sweep())]
        yield
        for purse in list(self._purses):
            purse.close()
        await self.ledger.flush(_FLUSH_S)
        for task in beside:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task

    async def _tidy(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            await asyncio.sleep(self._tidy_s)
            for purse in list(self._purses):
                purse.tidy(loop.time())

    async def _sweep(self) -> None:
        while True:
            await asyncio.sleep(self._sweep_s)
            with suppress(Unavailable):  # the next round may find it again
                expired = await self._bank.sweep()
                if expired:
                    _log.warning("reservations_expired", count=expired)
