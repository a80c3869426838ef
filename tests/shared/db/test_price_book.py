"""Prices are added, never changed, and what was charged stays as it was."""

from datetime import UTC, date, datetime, timedelta

import pytest

from shared.db import Database
from shared.db.price_book import add_prices
from shared.domain.prices import NewPrice, PriceList
from shared.domain.usage import FULL_SHARE, UsageEvent
from shared.errors import Conflict, Unavailable
from shared.ids import new_id
from shared.repositories.metering import MeteringRepository
from tests.conftest import ALPHA

TODAY = datetime.now(UTC).date()


def prices(micro_usd: int, *, since: date = TODAY, model: str = "") -> PriceList:
    return PriceList("a test", since, (NewPrice("sayer", "character", micro_usd, 1, model),))


def charged(database: Database) -> int:
    """Return what ten characters cost now."""
    with database.unit(ALPHA) as unit:
        reservation = new_id()
        MeteringRepository(unit).reserve(reservation, 0, lasts_s=60, share=FULL_SHARE)
        event = UsageEvent(new_id(), "speech_out", "sayer", "voice", 10, "character")
        cost = MeteringRepository(unit).settle(reservation, [event])
    return cost.result


def test_a_newer_price_holds_from_its_day(database: Database, database_url: str) -> None:
    assert add_prices(database_url, prices(5, since=TODAY - timedelta(days=30))) == 1
    assert charged(database) == 50
    assert add_prices(database_url, prices(7, since=TODAY + timedelta(days=30))) == 1
    assert charged(database) == 50
    assert add_prices(database_url, prices(6)) == 1
    assert charged(database) == 60
    with database.unit(ALPHA) as unit:
        sql = "SELECT array_agg(micro_usd ORDER BY id) FROM usage_events WHERE tenant_id = %(tenant_id)s"
        charges = unit.value(list[int], sql)
    assert charges.result == [50, 50, 60]


def test_the_same_list_again_adds_nothing(database_url: str) -> None:
    assert add_prices(database_url, prices(5)) == 1
    assert add_prices(database_url, prices(5)) == 0


def test_a_price_is_never_changed_and_nothing_is_added_beside_it(database: Database, database_url: str) -> None:
    add_prices(database_url, prices(5))
    both = PriceList("a test", TODAY, (NewPrice("newcomer", "character", 1, 1), NewPrice("sayer", "character", 6, 1)))
    with pytest.raises(Conflict, match=r"sayer \(every model\) character .* use a later day"):
        add_prices(database_url, both)
    assert charged(database) == 50
    assert add_prices(database_url, PriceList("a test", TODAY, both.prices[:1])) == 1


def test_a_database_that_does_not_answer_is_told() -> None:
    with pytest.raises(Unavailable):
        add_prices("postgresql://postgres@127.0.0.1:1/postgres", prices(5))
