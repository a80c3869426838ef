import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing

import pytest

from core.pipeline.patience import patiently
from shared.errors import ProviderUnavailable


class Source:
    """Two items, then perhaps nothing for ever."""

    def __init__(self, *, hangs: bool = False) -> None:
        self.hangs = hangs
        self.closed = False

    async def items(self) -> AsyncIterator[int]:
        try:
            yield 1
            yield 2
            if self.hangs:
                await asyncio.Event().wait()
        finally:
            self.closed = True


async def test_items_pass_and_the_source_is_closed() -> None:
    source = Source()
    assert [item async for item in patiently(source.items(), seconds=5, vendor="v")] == [1, 2]
    assert source.closed


async def test_a_source_that_hangs_is_the_vendors_failure() -> None:
    source = Source(hangs=True)
    got: list[int] = []
    with pytest.raises(ProviderUnavailable, match="v did not answer in time"):
        async for item in patiently(source.items(), seconds=0.01, vendor="v"):
            got.append(item)  # noqa: PERF401  # what came before the failure counts
    assert got == [1, 2]
    assert source.closed


async def test_leaving_early_closes_the_source() -> None:
    source = Source(hangs=True)
    async with aclosing(patiently(source.items(), seconds=5, vendor="v")) as items:
        assert await anext(items) == 1
    assert source.closed
