"""How much an answer may differ from the one that is written down."""

from enum import IntEnum
from typing import Final


class Strictness(IntEnum):
    """Each level allows what the one before allows, and more."""

    STRICT = 1  # as written, as listed, or with a slip of spelling
    STANDARD = 2  # also by another name, as it sounds, or nearly the same words
    LENIENT = 3  # also in another form of the word, or inside a longer sentence


_REGIONS: Final = {
    "colorado": Strictness.STRICT,
    "colorado_springs": Strictness.STRICT,
    "minnesota": Strictness.STANDARD,
    "washington": Strictness.STANDARD,
}
REGIONS: Final = tuple(_REGIONS)


def strictness_of(region: str | None) -> Strictness:
    """Return how strictly a region's matches are judged; without a region it is practice, which is lenient."""
    return Strictness.LENIENT if region is None else _REGIONS.get(region, Strictness.STANDARD)
