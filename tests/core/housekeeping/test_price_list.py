"""Prices come from a list in the object store: once, whole or not at all."""

import json

import pytest

from core.housekeeping.price_list import PRICE_LIST, PriceListRefresh
from shared.db import PUBLIC_TENANT
from shared.errors import Conflict, InvalidInput
from shared.storage.objects import Objects, open_objects
from tests.fakes.jobs import RecordedJob, an_order

PRICE: dict[str, object] = {"provider": "acme", "unit": "character", "micro_usd": 15, "per_quantity": 1000}


def stored(*prices: dict[str, object]) -> Objects:
    store = open_objects("memory://")
    told = {"source": "https://acme.example/prices, 2026-11-30", "effective_from": "2026-12-01", "prices": prices}
    store.put(PRICE_LIST, json.dumps(told).encode())
    return store


def a_job() -> RecordedJob:
    return RecordedJob(an_order(PUBLIC_TENANT, "price_list", {}))


async def test_prices_are_added_once(database_url: str) -> None:
    handler = PriceListRefresh(database_url, stored(PRICE, {**PRICE, "model": "fast"}))
    assert await handler.run(a_job()) == {"added": 2, "known": 0, "effective_from": "2026-12-01"}
    assert await handler.run(a_job()) == {"added": 0, "known": 2, "effective_from": "2026-12-01"}
    with pytest.raises(Conflict):
        await PriceListRefresh(database_url, stored({**PRICE, "micro_usd": 16})).run(a_job())


async def test_no_list_is_no_fault_and_nonsense_is_one(database_url: str) -> None:
    store = open_objects("memory://")
    assert await PriceListRefresh(database_url, store).run(a_job()) == {"added": 0, "known": 0}
    store.put(PRICE_LIST, b"prices")
    with pytest.raises(InvalidInput):
        await PriceListRefresh(database_url, store).run(a_job())
