"""What it would cost to speak what is not there yet, from the price book."""

from collections.abc import Iterable, Sequence
from typing import Final

import msgspec

from core.providers.tts.port import Voice
from core.speech.cache import normalised
from core.speech.desk import SpeechDesk
from core.speech.stretches import pieces
from shared.db import Unit
from shared.domain.usage import Unit as Measure
from shared.repositories.metering import MeteringRepository, Price
from shared.repositories.speech_items import Item, NewItem

# How fast most voices read English.
CHARACTERS_PER_S: Final = 15
_CHARACTER: Final[Measure] = "character"


class Estimate(msgspec.Struct, frozen=True):
    """Of the clips that are not there, each counted once.

    Attributes:
        seconds: of sound, roughly.
    """

    clips: int
    characters: int
    micro_usd: int

    @property
    def seconds(self) -> float:
        """How long it would sound."""
        return self.characters / CHARACTERS_PER_S


class Prices:
    """What the deployment's voice costs: asked for in a unit of work, answered after it."""

    def __init__(self, unit: Unit, desk: SpeechDesk) -> None:
        self._asked = MeteringRepository(unit).prices([(*desk.cache.maker, _CHARACTER)])

    @property
    def price(self) -> Price:
        """The price of a character."""
        return self._asked.result[0]


class Shelved:
    """What the object store holds, listed once for each owner. Blocks: not for the event loop."""

    def __init__(self, desk: SpeechDesk) -> None:
        self._desk = desk
        self._sizes: dict[str, dict[str, int]] = {}

    def size(self, item: Item | NewItem) -> int | None:
        """Return how many bytes of samples an item has, None unless all of it is there."""
        keys = self._desk.keys(item.owner_id, item.text, voice_of(item))
        sizes = self._of(item.owner_id)
        return sum(sizes[key] for key in keys) if keys and all(key in sizes for key in keys) else None

    def milliseconds(self, size: int) -> int:
        """Return how long samples last."""
        return size * 500 // self._desk.cache.sample_rate

    def estimate(self, items: Iterable[Item | NewItem], price: Price) -> Estimate:
        """Return what is to be paid for items. Each clip is charged by itself, a part of a micro-dollar as a whole."""
        missing: dict[str, int] = {}
        for item in items:
            sizes = self._of(item.owner_id)
            for piece in pieces(item.text):
                key = self._desk.cache.key(item.owner_id, piece, voice_of(item))
                if key not in sizes:
                    missing[key] = len(normalised(piece))
        lengths = missing.values()
        return Estimate(len(missing), sum(lengths), sum(price.cost(length) for length in lengths))

    def _of(self, owner_id: str) -> dict[str, int]:
        if owner_id not in self._sizes:
            self._sizes[owner_id] = {clip.key: clip.size for clip in self._desk.shelf.clips(owner_id)}
        return self._sizes[owner_id]


class Readiness(msgspec.Struct, frozen=True):
    """How much of some items is there.

    Attributes:
        size: bytes of samples.
    """

    total: int
    ready: int
    size: int


def readiness(shelved: Shelved, items: Sequence[Item | NewItem]) -> Readiness:
    """Return how much of some items is there."""
    sizes = [size for item in items if (size := shelved.size(item)) is not None]
    return Readiness(len(items), len(sizes), sum(sizes))


def voice_of(item: Item | NewItem) -> Voice:
    """Return an item's voice."""
    return Voice(item.voice, item.speed, item.language)
