"""What was spent is settled, later if the database is away, and by expiry if never."""

import asyncio
from collections.abc import Sequence

from core.metering.bank import Account, Bank, Owner
from core.metering.blocks import Block
from core.metering.ledger import Ledger
from shared.domain.usage import FULL_SHARE, UsageEvent
from shared.errors import Unavailable
from shared.ids import new_id
from tests.conftest import ALPHA_TENANT, ALPHA_USER
from tests.core.metering.conftest import CALLER, Till

OWNER = Owner(ALPHA_TENANT, ALPHA_USER)


class AwayBank(Bank):
    """A bank that settles nothing until `away` is over."""

    away = 0

    async def settle(self, owner: Owner, accounts: Sequence[Account]) -> int:
        if self.away:
            self.away -= 1
            raise Unavailable("the database does not answer; try again")
        return await super().settle(owner, accounts)


class CountingBank(Bank):
    """A bank that notes how many reservations were settled at once."""

    def __init__(self, till: Till) -> None:
        super().__init__(till.database)
        self.settled: list[int] = []

    async def settle(self, owner: Owner, accounts: Sequence[Account]) -> int:
        self.settled.append(len(accounts))
        return await super().settle(owner, accounts)


async def used_block(bank: Bank, ledger: Ledger, micro_usd: int, used: int) -> Block:
    block = Block(OWNER, micro_usd, 0.0, ledger.put)
    await bank.reserve(CALLER, block.id, micro_usd, FULL_SHARE)
    held = block.hold(micro_usd)
    held.settle(used, [UsageEvent(new_id(), "tokens_in", "fake-llm", "fake", used, "input_token")])
    return block


async def test_what_cannot_be_settled_now_is_settled_later(till: Till) -> None:
    bank = AwayBank(till.database)
    bank.away = 3
    ledger = Ledger(bank, pause_s=0)
    working = asyncio.create_task(ledger.run())
    for _ in range(3):
        (await used_block(bank, ledger, 100, 40)).retire()
    await ledger.flush(10)
    day = await till.day()
    assert (day.spent, day.reserved) == (120, 0)
    working.cancel()


async def test_a_flush_ends_and_what_it_left_expires_and_is_counted_whole(till: Till) -> None:
    bank = Bank(till.database, lasts_s=0)
    ledger = Ledger(bank)
    (await used_block(bank, ledger, 100, 40)).retire()
    await ledger.flush(0)  # nobody works
    assert await bank.sweep() == 1
    day = await till.day()
    assert (day.spent, day.reserved) == (100, 0)


async def test_of_too_many_the_oldest_is_left_to_expire(till: Till) -> None:
    bank = Bank(till.database, lasts_s=0)
    ledger = Ledger(bank, most=1)
    for _ in range(2):
        (await used_block(bank, ledger, 100, 40)).retire()
    working = asyncio.create_task(ledger.run())
    await ledger.flush(10)
    assert await bank.sweep() == 1
    day = await till.day()
    assert (day.spent, day.reserved) == (140, 0)
    working.cancel()


async def test_what_one_owner_spent_is_settled_together(till: Till) -> None:
    bank = CountingBank(till)
    ledger = Ledger(bank)
    for used in (40, 50):
        (await used_block(bank, ledger, 100, used)).retire()
    working = asyncio.create_task(ledger.run())
    await ledger.flush(10)
    day = await till.day()
    assert (bank.settled, day.spent, day.reserved) == ([2], 90, 0)
    working.cancel()


async def test_a_block_nobody_knows_of_holds_up_no_other(till: Till) -> None:
    bank = Bank(till.database)
    ledger = Ledger(bank)
    never_reserved = Block(OWNER, 100, 0.0, ledger.put)
    never_reserved.retire()
    (await used_block(bank, ledger, 100, 40)).retire()
    working = asyncio.create_task(ledger.run())
    await ledger.flush(10)
    assert (await till.day()).spent == 40
    working.cancel()


def test_a_block_is_settled_once_everything_drawn_from_it_is() -> None:
    settled: list[Block] = []
    block = Block(OWNER, 100, 0.0, settled.append)
    first, second = block.hold(60), block.hold(40)
    first.settle(10, [])
    assert block.left == 50
    block.retire()
    block.retire()
    assert settled == []
    second.settle(40, [])
    assert settled == [block]
