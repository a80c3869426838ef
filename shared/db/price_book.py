"""Adds to the price book, as the database's owner: the application may only read it."""

from typing import Any

import psycopg

from shared.db.connection import connect
from shared.db.errors import from_psycopg
from shared.domain.prices import NewPrice, PriceList
from shared.errors import Conflict


def add_prices(owner_url: str, prices: PriceList) -> int:
    """Add a list, all of it or nothing, and return how many of its prices were new.

    A price is never changed: another one for the same thing needs a later day, and what was charged stays as it was.
    Raises: Conflict: a price differs from one that holds from the same day. Unavailable: the database does not answer.
    """
    with connect(owner_url, role=None) as connection:
        try:
            with connection.transaction():
                return sum(_add(connection, prices, price) for price in prices.prices)
        except psycopg.Error as error:
            raise from_psycopg(error) from error


def _add(connection: "psycopg.Connection[Any]", prices: PriceList, price: NewPrice) -> bool:
    """Add one price and tell whether it is new."""
    key = (price.provider, price.model, price.unit, prices.effective_from)
    money = (price.micro_usd, price.per_quantity)
    added = connection.execute(
        """INSERT INTO price_book (provider, model, unit, effective_from, micro_usd, per_quantity, source)
           VALUES (%s, %s, %s, %s::date, %s, %s, %s)
           ON CONFLICT (provider, model, unit, effective_from) DO NOTHING""",
        (*key, *money, prices.source),
    ).rowcount
    if added:
        return True
    known = connection.execute(
        """SELECT micro_usd, per_quantity FROM price_book
           WHERE (provider, model, unit, effective_from) = (%s, %s, %s, %s::date)""",
        key,
    ).fetchone()
    if known != money:
        what = f"{price.provider} {price.model or '(every model)'} {price.unit}"
        raise Conflict(f"{what} has another price from {prices.effective_from}: use a later day")
    return False
