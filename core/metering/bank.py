"""The database as the voice service's metering sees it: each call is one round trip, made in a thread."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Final, TypeVar

import msgspec

from core.metering.warnings import tell_operators
from core.threads import Aside
from shared.auth.caller import Caller
from shared.db import PUBLIC_TENANT, Database, Entry, TenantEntry, Unit
from shared.domain.usage import FULL_SHARE, Mode, UsageEvent
from shared.domain.usage import Unit as Measure
from shared.errors import Unavailable
from shared.repositories.features import FeatureRepository
from shared.repositories.metering import MeteringRepository, Price, Threshold

Result = TypeVar("Result")

# Waits before another attempt when the database does not answer: long enough for one that was killed to recover.
_PATIENCE_S: Final = (0.1, 0.4, 1.5, 3.0)


class Owner(msgspec.Struct, frozen=True):
    """Whose money it is; no credential is needed to settle what was spent before it was revoked."""

    tenant_id: str | None
    user_id: str | None

    @property
    def entry(self) -> Entry:
        """How it enters a unit of work."""
        return TenantEntry(self.tenant_id, self.user_id)


class Quote(msgspec.Struct, frozen=True):
    """What a session's calls will cost, and what is left for them under the tightest cap, in micro-dollars.

    Attributes:
        speech: the most that is spoken, as administrators set it: everything, the cheaper voice, or text.
    """

    owner: Owner
    left: int
    prices: tuple[Price, ...]
    speech: Mode = Mode.FULL


class Account(msgspec.Struct, frozen=True):
    """What was used of a reservation.

    Attributes:
        free: nothing was reserved, for nothing was to be paid.
    """

    reservation_id: str
    events: Sequence[UsageEvent]
    free: bool


class Bank:
    """Reserves, settles and announces; every method may be repeated, and is, when the database does not answer.

    Every method raises Unavailable when it still does not.

    Args:
        lasts_s: after this an unsettled reservation is counted whole.
        aside: does units of work beside the event loop.
    """

    def __init__(self, database: Database, *, lasts_s: int = 300, aside: Aside = asyncio.to_thread) -> None:
        self._database = database
        self._aside = aside
        self._lasts_s = lasts_s

    async def quote(self, caller: Caller, wanted: Sequence[tuple[str, str, Measure]]) -> Quote:
        """Return the prices of each vendor, model and unit, and the money that is left.

        Raises: Unauthenticated: the caller's credential no longer holds.
        """

        def work(unit: Unit) -> Callable[[], Quote]:
            left = MeteringRepository(unit).left(FULL_SHARE)
            prices = MeteringRepository(unit).prices(wanted)
            features = FeatureRepository(unit).get()

            def quoted() -> Quote:
                user = (unit.entered.result or {}).get("user_id")
                owner = Owner(caller.tenant_id, caller.user_id if user is None else str(user))
                return Quote(owner, left.result, tuple(prices.result), features.result.speech)

            return quoted

        return await self._run(caller.check(), work)

    async def reserve(self, caller: Caller, reservation_id: str, micro_usd: int, share: int) -> int:
        """Hold money and return what is left under the tightest cap.

        Raises: BudgetExhausted. Unauthenticated: the caller's credential no longer holds.
        """

        def work(unit: Unit) -> Callable[[], int]:
            left = MeteringRepository(unit).reserve(reservation_id, micro_usd, lasts_s=self._lasts_s, share=share)
            return lambda: left.result

        return await self._run(caller.check(), work)

    async def settle(self, owner: Owner, accounts: Sequence[Account]) -> int:
        """Count what was used of reservations, give back the rest, and return what was charged; all of them or none.

        Raises: NotFound: one was never reserved.
        """

        def work(unit: Unit) -> Callable[[], int]:
            metering = MeteringRepository(unit)
            for account in accounts:
                if account.free:
                    metering.reserve(account.reservation_id, 0, lasts_s=self._lasts_s, share=FULL_SHARE)
            charged = [metering.settle(account.reservation_id, account.events) for account in accounts]
            return lambda: sum(each.result for each in charged)

        return await self._run(owner.entry, work)

    async def announce(self, owner: Owner, *, refused: str | None = None) -> None:
        """Note in the audit log, and have every server told, what shares of its budgets the tenant has passed.

        Each is told once for each day or month, whoever asks and however often.
        Args:
            refused: the period, "day" or "month", whose budget refused a call.
        """

        def work(unit: Unit) -> Callable[[], list[Threshold]]:
            repository = MeteringRepository(unit)
            passed = repository.announce() if refused is None else repository.announce_refusal(refused)
            return lambda: passed.result

        await self._run(owner.entry, work)

    async def announce_deployment(self, *, refused: str | None = None) -> None:
        """Note in the deployment's audit log, and tell operators, what shares of its budgets the deployment has passed.

        Args:
            refused: the period, "day" or "month", whose budget refused a call.
        """

        def work(unit: Unit) -> Callable[[], list[Threshold]]:
            passed = MeteringRepository(unit).announce_deployment(refused=refused)
            return lambda: passed.result

        tell_operators(await self._run(TenantEntry(PUBLIC_TENANT), work))

    async def sweep(self) -> int:
        """Count every expired reservation whole and return how many there were; 0 while another process does it."""

        def work(unit: Unit) -> Callable[[], int]:
            expired = MeteringRepository(unit).expire()
            return lambda: expired.result

        return await self._run(TenantEntry(PUBLIC_TENANT), work)

    async def _run(self, entry: Entry, work: Callable[[Unit], Callable[[], Result]]) -> Result:
        def once() -> Result:
            with self._database.unit(entry) as unit:
                result = work(unit)
            return result()

        for wait in _PATIENCE_S:
            try:
                return await self._aside(once)
            except Unavailable:
                await asyncio.sleep(wait)
        return await self._aside(once)
