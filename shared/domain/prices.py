"""What an operator says vendors charge: a price list in JSON, as it is added to the price book."""

from datetime import date
from typing import Annotated

import msgspec

from shared.domain.usage import Unit
from shared.errors import InvalidInput

_Name = Annotated[str, msgspec.Meta(max_length=200)]


class NewPrice(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One price: `micro_usd` micro-dollars for every `per_quantity` units.

    Attributes:
        model: empty stands for every model of the provider; one that ends in * for all that begin so.
    """

    provider: Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
    unit: Unit
    micro_usd: Annotated[int, msgspec.Meta(ge=0, le=10**15)]
    per_quantity: Annotated[int, msgspec.Meta(ge=1, le=10**15)]
    model: _Name = ""


class PriceList(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Prices of one source.

    Attributes:
        source: where they were read, and when.
        effective_from: the day, in UTC, from whose beginning they hold.
    """

    source: Annotated[str, msgspec.Meta(min_length=1, max_length=500)]
    effective_from: date
    prices: Annotated[tuple[NewPrice, ...], msgspec.Meta(min_length=1, max_length=10_000)]


def read_price_list(text: bytes) -> PriceList:
    """Read a price list.

    Raises: InvalidInput: not JSON, or a field is missing, unknown or of another form; the message names it.
    """
    try:
        found = msgspec.json.decode(text, type=PriceList)
    except (msgspec.DecodeError, UnicodeError) as error:
        raise InvalidInput(f"this is no price list: {error}") from None
    for price in found.prices:
        if "*" in price.model[:-1]:
            raise InvalidInput(f"model {price.model!r} may hold a * at its end only")
    return found
