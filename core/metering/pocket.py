"""One session's money for one purpose: drawn without a round trip, filled in advance."""

import asyncio
from collections.abc import Callable
from typing import Final

import msgspec

from core.metering.bank import Bank, Quote
from core.metering.blocks import Block, Held
from core.metering.ledger import Ledger
from shared.auth.caller import Caller
from shared.errors import AppError, BudgetExhausted, Unavailable

# Reserved in advance while there is plenty: a cent, some turns. Close to a cap each call reserves what it needs, so
# that what is left is not divided among sessions that do not need it now.
_AHEAD: Final = 10_000
_PLENTY: Final = 50 * _AHEAD
# A block is settled after this many seconds of use, so that usage is seen, and given back after these without any.
_USED_S: Final = 20
_UNUSED_S: Final = 60


class Refusal(msgspec.Struct, frozen=True):
    """The least that was refused, remembered until the next turn asks again."""

    micro_usd: int
    error: BudgetExhausted


class Pocket:
    """Draws on the present block; a new block takes its place when it does not hold enough.

    Args:
        share: percentage of every cap this purpose may use.
        changed: called when calls begin to be refused, or no longer are.
        ahead: reserve more than a call needs, and before it needs it, while there is plenty.
    """

    def __init__(
        self, bank: Bank, ledger: Ledger, caller: Caller, share: int, changed: Callable[[], None], *, ahead: bool
    ) -> None:
        self._ahead = ahead
        self._bank = bank
        self._ledger = ledger
        self._caller = caller
        self._share = share
        self._changed = changed
        self._block: Block | None = None
        self._filling: asyncio.Task[None] | None = None
        self._left: int | None = None
        self._asked_for: Refusal | None = None
        self._closed = False
        self.refusal: BudgetExhausted | None = None

    async def draw(self, quote: Quote, micro_usd: int) -> Held:
        """Set money aside for one call.

        Raises: BudgetExhausted: there is none. Unauthenticated. Unavailable: the database does not answer.
        """
        if self._left is None:
            self._left = quote.left
        while (block := self._block) is None or block.left < micro_usd:
            if self._closed:
                raise Unavailable("the session has ended")
            if not micro_usd:
                self._take(self._new_block(quote, 0))
                continue
            if self._asked_for is not None and micro_usd >= self._asked_for.micro_usd:
                error = self._asked_for.error
                raise BudgetExhausted(error.message, details=error.details)
            # Not cancelled with the call: money that was reserved must be known of.
            await asyncio.shield(self._filling or self._fill(quote, micro_usd))
        held = block.hold(micro_usd)
        if micro_usd and block.micro_usd == micro_usd:
            # Made for this call alone: what it leaves is given back with it.
            block.retire()
            self._block = None
        return held

    def prepare(self, quote: Quote, *, costs: bool) -> None:
        """A turn begins: what was refused may be asked for again.

        Args: costs: what the turn will need costs something, and is reserved meanwhile.
        """
        self._asked_for = None
        if self._left is None:
            self._left = quote.left
        enough = self._block is not None and self._block.left > _AHEAD // 2
        if costs and not enough and self._may_reserve_ahead() and self._filling is None and not self._closed:
            self._fill(quote, 0)

    def tidy(self, now: float) -> None:
        """Settle a block that has been used for a while, or not at all for longer."""
        if self._block is not None and now - self._block.at >= (_USED_S if self._block.events else _UNUSED_S):
            self._block.retire()
            self._block = None

    def close(self) -> None:
        """Give back what was not spent."""
        self._closed = True
        if self._block is not None:
            self._block.retire()
            self._block = None

    def _fill(self, quote: Quote, need: int) -> "asyncio.Task[None]":
        self._filling = self._ledger.start(self._reserve(quote, need))
        self._filling.add_done_callback(self._filled)
        return self._filling

    def _filled(self, task: "asyncio.Task[None]") -> None:
        """Look at a failure, so that asyncio does not report it as overlooked when no call waited for it."""
        self._filling = None
        if not task.cancelled():
            task.exception()

    async def _reserve(self, quote: Quote, need: int) -> None:
        ahead = _AHEAD if self._may_reserve_ahead() else 0
        for micro_usd in dict.fromkeys(amount for amount in (max(need, ahead), need) if amount):
            try:
                await self._reserve_block(self._new_block(quote, micro_usd))
            except BudgetExhausted as error:
                self._left = 0
                if micro_usd == need:
                    self._refuse(need, error)
            else:
                return

    async def _reserve_block(self, block: Block) -> None:
        try:
            self._left = await self._bank.reserve(self._caller, block.id, block.micro_usd, self._share)
        except BudgetExhausted:
            raise
        except AppError:
            # It may have been reserved all the same: give it back.
            block.retire()
            raise
        self._asked_for = None
        self._take(block)
        if self.refusal is not None:
            self.refusal = None
            self._changed()

    def _may_reserve_ahead(self) -> bool:
        return self._ahead and self._left is not None and self._left >= _PLENTY

    def _new_block(self, quote: Quote, micro_usd: int) -> Block:
        return Block(quote.owner, micro_usd, asyncio.get_running_loop().time(), self._ledger.put)

    def _take(self, block: Block) -> None:
        if self._block is not None:
            self._block.retire()
        self._block = block
        if self._closed:
            self.close()

    def _refuse(self, need: int, error: BudgetExhausted) -> None:
        self._asked_for = Refusal(need, error)
        known, self.refusal = self.refusal, error
        if known is None:
            self._changed()
