from core.fetching.names import Names, SystemNames
from core.fetching.rules import LONGEST_URL
from tests.fakes.names import FakeNames


async def test_the_machine_knows_itself() -> None:
    assert set(await SystemNames().addresses("localhost")) & {"127.0.0.1", "::1"}


async def test_what_is_no_name_has_no_address() -> None:
    for name in ("nobody.invalid", "a" * LONGEST_URL, "\u24d4"):
        for names in (SystemNames(), FakeNames({})):
            assert await asked(names, name) == []


async def asked(names: Names, name: str) -> list[str]:
    return await names.addresses(name)
