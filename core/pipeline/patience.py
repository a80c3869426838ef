"""How long a stage waits for a vendor."""

from collections.abc import AsyncGenerator, AsyncIterator
from typing import TypeVar

from core.providers.errors import provider_error
from core.providers.streams import Patience

Item = TypeVar("Item")


async def patiently(source: AsyncIterator[Item], *, seconds: float, vendor: str) -> AsyncGenerator[Item]:
    """Yield the items of `source`, waiting no longer than `seconds` for any one of them, and close it at the end.

    Raises: ProviderUnavailable: the next item took longer, or the vendor failed.
    """
    patience = Patience(seconds)
    try:
        while True:
            with patience:
                item = await anext(source)
            yield item
    except StopAsyncIteration:
        return
    except TimeoutError as exc:
        raise provider_error(vendor, "timeout") from exc
    finally:
        patience.close()
        if isinstance(source, AsyncGenerator):
            await source.aclose()
