"""The money of one session, and the mode its budgets leave it in."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Final

from core.metering.bank import Bank, Quote
from core.metering.blocks import Held
from core.metering.ledger import Ledger
from core.metering.pocket import Pocket
from core.metering.vendors import Amounts, Maker, hired, priced
from core.pipeline.conversations import Visit
from core.pipeline.notices import ModeChanged, Notice
from core.providers import Providers
from shared.domain.usage import FINER_SPEECH_SHARE, FULL_SHARE, SPEECH_SHARE, Kind, Mode, Unit, UsageEvent
from shared.errors import BudgetExhausted
from shared.ids import new_id
from shared.logging import get_logger

_log: Final = get_logger("core")

# What is told of a voice that a setting turned off: no period ends that.
_BY_SETTING: Final = {"scope": "tenant", "reason": "setting"}

_KINDS: Final[dict[Unit, Kind]] = {
    "audio_ms": "speech_in",
    "input_token": "tokens_in",
    "output_token": "tokens_out",
    "character": "speech_out",
}


class BudgetPurse:
    """See Purse. Hearing and thinking draw on the whole of every cap, speaking on a smaller share: it stops first.

    Where there is a cheaper voice, the finer one has a smaller share still, and stops before it.

    Args:
        longest_utterance_ms: the longest that is ever recognised at once.
        ahead: reserve before a call needs it.
        spent: is told what each call cost, in micro-dollars.
        closed: called when the session ends.
    """

    def __init__(
        self,
        bank: Bank,
        ledger: Ledger,
        visit: Visit,
        tell: Callable[[Notice], None],
        *,
        longest_utterance_ms: int,
        ahead: bool,
        spent: Callable[[int], None],
        closed: "Callable[[BudgetPurse], None]",
    ) -> None:
        self._bank = bank
        self._ledger = ledger
        self._visit = visit
        self._tell = tell
        self._spent = spent
        self._closed = closed
        self._words = Pocket(bank, ledger, visit.caller, FULL_SHARE, self._changed, ahead=ahead)
        self._speech = Pocket(bank, ledger, visit.caller, SPEECH_SHARE, self._changed, ahead=ahead)
        self._finer = Pocket(bank, ledger, visit.caller, FINER_SPEECH_SHARE, self._changed, ahead=ahead)
        self._pockets = (self._words, self._speech, self._finer)
        self._has_cheaper = False
        self._most = Mode.FULL
        self._quoting: asyncio.Task[Quote] | None = None
        self._wanted: Sequence[tuple[str, str, Unit]] = ()
        self._mode = Mode.FULL
        self.longest_utterance_ms = longest_utterance_ms

    def hire(self, providers: Providers) -> Providers:
        """Return the same vendors, each call of which is paid from this purse."""
        self._wanted = priced(providers)
        self._has_cheaper = providers.cheaper_tts is not None
        self._ask_prices()
        return hired(providers, self)

    def turn_begins(self) -> None:
        """Ask again for what was refused, and reserve what the turn will need."""
        if self._quoting is not None and self._quoting.done() and self._quoting.exception() is None:
            self._prepare(self._quoting.result())

    async def for_words(self, maker: Maker, most: Amounts) -> "Bill":
        """Set money aside for hearing or thinking."""
        return await self._pay(self._words, maker, most)

    async def for_speech(self, maker: Maker, most: Amounts) -> "Bill":
        """Set money aside for speaking."""
        return await self._pay(self._speech, maker, most, without=(Mode.TEXT,))

    async def for_finer_speech(self, maker: Maker, most: Amounts) -> "Bill":
        """Set money aside for speaking where there is a cheaper voice too."""
        return await self._pay(self._finer, maker, most, without=(Mode.TEXT, Mode.CHEAPER_VOICE))

    def tidy(self, now: float) -> None:
        """Settle what was used a while ago."""
        for pocket in self._pockets:
            pocket.tidy(now)

    def close(self) -> None:
        """Give back what was not spent."""
        for pocket in self._pockets:
            pocket.close()
        self._closed(self)

    def _ask_prices(self) -> "asyncio.Task[Quote]":
        self._quoting = self._ledger.start(self._bank.quote(self._visit.caller, self._wanted))
        self._quoting.add_done_callback(self._priced)
        return self._quoting

    def _priced(self, task: "asyncio.Task[Quote]") -> None:
        """Reserve what the first turn will need; a failure is told to the call that waits for the prices."""
        if not task.cancelled() and task.exception() is None:
            self._prepare(task.result())

    def _prepare(self, quote: Quote) -> None:
        self._most = quote.speech if self._has_cheaper or quote.speech is not Mode.CHEAPER_VOICE else Mode.FULL
        if self._most is not Mode.FULL:
            self._changed()
        words_cost = any(price.micro_usd for price in quote.prices if price.unit != "character")
        speech_costs = any(price.micro_usd for price in quote.prices if price.unit == "character")
        self._words.prepare(quote, costs=words_cost)
        # Of two voices the finer one speaks as long as it may: nothing is reserved for the other in advance.
        self._speech.prepare(quote, costs=speech_costs and not self._has_cheaper)
        self._finer.prepare(quote, costs=speech_costs and self._has_cheaper)

    async def _pay(self, pocket: Pocket, maker: Maker, most: Amounts, *, without: Sequence[Mode] = ()) -> "Bill":
        """Set money aside.

        Args: without: settings of speech under which there is none for this, whatever is left.
        """
        quoting = self._quoting
        if quoting is None or (quoting.done() and (quoting.cancelled() or quoting.exception() is not None)):
            quoting = self._ask_prices()
        quote = await asyncio.shield(quoting)
        if quote.speech in without:
            raise BudgetExhausted("this tenant's learners are answered without this voice", details=_BY_SETTING)
        bill = Bill(quote, maker, self._visit.session_id, self._spent)
        bill.held = await pocket.draw(quote, bill.cost(most))
        return bill

    def _changed(self) -> None:
        """Tell the session's mode, where it is another, and have a used-up budget announced."""
        refusal, mode = self._left()
        if self._words.refusal is not None:
            self._used_up(self._words.refusal)
        if mode is not self._mode:
            self._mode = mode
            self._tell(ModeChanged(mode.value, refusal.details if refusal else {}))

    def _left(self) -> tuple[BudgetExhausted | None, Mode]:
        """Return what the budgets leave, and the refusal that says why it is not everything."""
        words, speech, finer = (pocket.refusal for pocket in self._pockets)
        if words is not None:
            return words, Mode.EXHAUSTED
        if self._most is Mode.TEXT:
            return None, Mode.TEXT
        if self._most is Mode.CHEAPER_VOICE:
            return speech, Mode.TEXT if speech else Mode.CHEAPER_VOICE
        if self._has_cheaper:
            # The cheaper voice is asked only where the finer one was refused.
            return (
                (finer, Mode.FULL) if finer is None else (speech or finer, Mode.TEXT if speech else Mode.CHEAPER_VOICE)
            )
        return speech, Mode.TEXT if speech else Mode.FULL

    def _used_up(self, refusal: BudgetExhausted) -> None:
        period = refusal.details.get("period", "")
        if refusal.details.get("scope") == "deployment":
            _log.error("deployment_budget_used_up", period=period)
            self._ledger.refused(None, period)
        elif self._quoting is not None:
            self._ledger.refused(self._quoting.result().owner, period)


class Bill:
    """The money set aside for one call; what it used is counted even when the session has ended meanwhile.

    Args:
        session_id: empty for calls outside any session.
        spent: is told what it cost.
    """

    held: Held

    def __init__(self, quote: Quote, maker: Maker, session_id: str, spent: Callable[[int], None]) -> None:
        self._prices = {price.unit: price for price in quote.prices if (price.provider, price.model) == maker.names}
        self._maker = maker
        self._session_id = session_id or None
        self._spent = spent

    def cost(self, amounts: Amounts) -> int:
        """Return what amounts cost, in micro-dollars."""
        return sum(self._prices[unit].cost(quantity) for unit, quantity in amounts.items())

    def settle(self, used: Amounts) -> None:
        """Say, once, what the call used."""
        events = [self._event(unit, quantity) for unit, quantity in used.items() if quantity]
        cost = self.cost(used)
        self.held.settle(cost, events)
        self._spent(cost)

    def _event(self, unit: Unit, quantity: int) -> UsageEvent:
        maker = self._maker
        return UsageEvent(
            new_id(), _KINDS[unit], maker.provider, maker.model, quantity, unit, session_id=self._session_id
        )
