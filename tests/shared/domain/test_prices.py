"""A price list says what is wrong with it."""

from datetime import date
from typing import Any

import msgspec
import pytest

from shared.domain.prices import NewPrice, PriceList, read_price_list
from shared.errors import InvalidInput

PRICE = {"provider": "groq", "model": "whisper-*", "unit": "audio_ms", "micro_usd": 40_000, "per_quantity": 3_600_000}
LIST = {"source": "groq.com/pricing, 2026-11-21", "effective_from": "2026-12-01", "prices": [PRICE]}


def test_a_list_is_read() -> None:
    price = NewPrice("groq", "audio_ms", 40_000, 3_600_000, "whisper-*")
    expected = PriceList("groq.com/pricing, 2026-11-21", date(2026, 12, 1), (price,))
    assert read_price_list(msgspec.json.encode(LIST)) == expected


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"source": ""}, "source"),
        ({"effective_from": "soon"}, "effective_from"),
        ({"prices": []}, "prices"),
        ({"currency": "EUR"}, "currency"),
        ({"prices": [PRICE | {"provider": ""}]}, "provider"),
        ({"prices": [PRICE | {"unit": "hour"}]}, "unit"),
        ({"prices": [PRICE | {"micro_usd": -1}]}, "micro_usd"),
        ({"prices": [PRICE | {"micro_usd": 0.5}]}, "micro_usd"),
        ({"prices": [PRICE | {"per_quantity": 0}]}, "per_quantity"),
        ({"prices": [PRICE | {"per_quantity": 10**30}]}, "per_quantity"),
        ({"prices": [PRICE | {"model": "a*b"}]}, "model"),
    ],
)
def test_what_is_wrong_is_named(changes: dict[str, Any], told: str) -> None:
    with pytest.raises(InvalidInput, match=told):
        read_price_list(msgspec.json.encode(LIST | changes))


@pytest.mark.parametrize("text", [b"", b"{", b"\xff", b"[]", b'{"source": "\\ud800"}'])
def test_what_is_no_list_is_refused(text: bytes) -> None:
    with pytest.raises(InvalidInput, match="price list"):
        read_price_list(text)
