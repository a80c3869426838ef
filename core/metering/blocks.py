"""Money that was reserved in one piece and is drawn from call by call."""

from collections.abc import Callable, Sequence

from core.metering.bank import Owner
from shared.domain.usage import UsageEvent
from shared.ids import new_id


class Block:
    """One reservation. It is settled, once, when it was retired and nobody holds anything of it.

    Args:
        micro_usd: what was reserved; 0 for calls that cost nothing, for which no reservation is made before.
        at: the event loop's time.
        settle: called once with the block when everything of it is known.
    """

    def __init__(self, owner: Owner, micro_usd: int, at: float, settle: "Callable[[Block], None]") -> None:
        self.id = new_id()
        self.owner = owner
        self.micro_usd = micro_usd
        self.left = micro_usd
        self.at = at
        self.events: list[UsageEvent] = []
        self._settle = settle
        self._held = 0
        self._retired = False

    def hold(self, micro_usd: int) -> "Held":
        """Set money aside for one call."""
        self._held += 1
        self.left -= micro_usd
        return Held(self, micro_usd)

    def give_back(self, micro_usd: int, events: Sequence[UsageEvent]) -> None:
        """Take back what a call did not use; only Held calls this."""
        self._held -= 1
        self.left += micro_usd
        self.events += events
        self._end()

    def retire(self) -> None:
        """No further call draws from it."""
        if not self._retired:
            self._retired = True
            self._end()

    def _end(self) -> None:
        if self._retired and not self._held:
            self._settle(self)


class Held:
    """Money set aside for one call."""

    def __init__(self, block: Block, micro_usd: int) -> None:
        self._block = block
        self._micro_usd = micro_usd

    def settle(self, cost: int, events: Sequence[UsageEvent]) -> None:
        """Say, once, what the call really used."""
        self._block.give_back(self._micro_usd - cost, events)
