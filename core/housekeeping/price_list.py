"""Takes over what vendors charge from a list in the object store, so that whoever writes it there changes prices."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from core.jobs.port import RunningJob
from shared.db.price_book import add_prices
from shared.domain.prices import read_price_list
from shared.errors import NotFound
from shared.storage.port import ObjectStore

# Where a deployment looks every day.
PRICE_LIST: Final = "prices/current.json"


@dataclass(frozen=True, slots=True)
class PriceListRefresh:
    """Adding the same list again changes nothing; a list that would change a price fails as a whole.

    Attributes: owner_url: of the database's owner, who may write prices.
    """

    owner_url: str = field(repr=False)
    store: ObjectStore
    kind: str = field(default="price_list", init=False)

    async def run(self, job: RunningJob) -> Mapping[str, object]:
        """Add the list's prices; nothing where there is no list."""
        await job.advance(progress=0, stage="reading", item=PRICE_LIST)
        return await asyncio.to_thread(self._refresh)

    def _refresh(self) -> Mapping[str, object]:
        try:
            text = self.store.get(PRICE_LIST)
        except NotFound:
            return {"added": 0, "known": 0}
        prices = read_price_list(text)
        added = add_prices(self.owner_url, prices)
        return {"added": added, "known": len(prices.prices) - added, "effective_from": str(prices.effective_from)}
