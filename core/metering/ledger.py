"""Settles in the background what sessions have spent.

Nothing is lost with what waits here: a block that is never settled expires in the database and is counted whole, and
no call ever gets more than was reserved for it.
"""

import asyncio
from collections import deque
from collections.abc import Coroutine, Sequence
from itertools import islice, takewhile
from typing import Final, TypeVar

from core.metering.bank import Account, Bank, Owner
from core.metering.blocks import Block
from shared.errors import AppError, Unavailable
from shared.logging import get_logger

_log: Final = get_logger("core")

Result = TypeVar("Result")

# Blocks that wait while the database does not answer.
_MOST_WAITING: Final = 10_000
_PAUSE_S: Final = 2.0
# Blocks of one owner settled in one unit of work: a session has one for each purpose.
_AT_ONCE: Final = 8


class Ledger:
    """A bounded queue and the one task that works it off.

    Args:
        most: blocks that may wait.
        pause_s: seconds before another attempt when the database does not answer.
    """

    def __init__(self, bank: Bank, *, most: int = _MOST_WAITING, pause_s: float = _PAUSE_S) -> None:
        self._bank = bank
        self._most = most
        self._pause_s = pause_s
        self._waiting: deque[Block] = deque()
        # Whose spending is to be announced; None: the deployment's.
        self._spent: set[Owner | None] = set()
        self._refused: dict[tuple[Owner | None, str], None] = {}
        self._at_the_bank: set[asyncio.Task[object]] = set()
        self._work = asyncio.Event()
        self._idle = asyncio.Event()
        self._idle.set()

    def start(self, work: Coroutine[None, None, Result]) -> "asyncio.Task[Result]":
        """Start work at the bank: flushing waits for it."""
        task = asyncio.create_task(work)
        self._at_the_bank.add(task)
        task.add_done_callback(self._at_the_bank.discard)
        return task

    def put(self, block: Block) -> None:
        """Settle a block soon. Of too many, the oldest is left to expire: it is counted whole."""
        if not block.events and not block.micro_usd:
            return
        if len(self._waiting) >= self._most:
            self._waiting.popleft()
            _log.warning("usage_not_settled", blocks=1)
        self._waiting.append(block)
        self._wake()

    def refused(self, owner: Owner | None, period: str) -> None:
        """A tenant's budget of a "day" or "month" has refused a call; None: the deployment's has."""
        self._refused[owner, period] = None
        self._wake()

    def _wake(self) -> None:
        self._idle.clear()
        self._work.set()

    async def run(self) -> None:
        """Work until cancelled."""
        while True:
            await self._work.wait()
            self._work.clear()
            try:
                await self._work_off()
            except Unavailable:
                self._work.set()
                await asyncio.sleep(self._pause_s)
            else:
                if not self._work.is_set():
                    self._idle.set()

    async def flush(self, seconds: float) -> None:
        """Wait until everything is settled, but not for ever: what is not expires and is counted whole."""
        try:
            async with asyncio.timeout(seconds):
                while self._at_the_bank:
                    await asyncio.wait(self._at_the_bank)
                await self._idle.wait()
        except TimeoutError:
            _log.warning("usage_not_settled", blocks=len(self._waiting))

    async def _work_off(self) -> None:
        while self._waiting:
            blocks = self._next()
            if await self._settle(blocks):
                self._spent |= {blocks[0].owner, None}
            # More may have come, and the oldest gone, meanwhile.
            for block in blocks:
                if self._waiting and self._waiting[0] is block:
                    self._waiting.popleft()
        while self._spent:
            payer = next(iter(self._spent))
            await self._announce(payer)
            self._spent.discard(payer)
        while self._refused:
            payer, period = next(iter(self._refused))
            await self._announce(payer, refused=period)
            self._refused.pop((payer, period), None)

    async def _announce(self, payer: Owner | None, *, refused: str | None = None) -> None:
        if payer is None:
            await self._bank.announce_deployment(refused=refused)
        else:
            await self._bank.announce(payer, refused=refused)

    def _next(self) -> list[Block]:
        """Return the oldest blocks as far as they are one owner's."""
        owner = self._waiting[0].owner
        return [*islice(takewhile(lambda block: block.owner == owner, self._waiting), _AT_ONCE)]

    async def _settle(self, blocks: Sequence[Block]) -> bool:
        """Settle one owner's blocks, together if they can be, and return whether they cost anything."""
        accounts = [Account(block.id, block.events, not block.micro_usd) for block in blocks]
        try:
            return await self._bank.settle(blocks[0].owner, accounts) > 0
        except Unavailable:
            raise
        except Exception as error:  # noqa: BLE001 - this task's edge: one block must not keep the others from it
            if len(blocks) == 1:
                _tell(error)
                return False
        return any([await self._settle([block]) for block in blocks])


def _tell(error: Exception) -> None:
    """Log that a block was not settled."""
    if isinstance(error, AppError):  # the tenant is gone, or the reservation was never made
        _log.warning("usage_not_settled", blocks=1, code=error.error_code)
    else:
        _log.error("usage_not_settled", blocks=1, exc_info=error)
