"""The items of a conversation as a Realtime client knows them: what was said, in order."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final, Literal

from core.realtime.dialect import Dialect, part_name
from core.realtime.refusals import refused
from core.voice.playback import Spoken, said
from shared.ids import new_id

Role = Literal["user", "assistant", "system"]
# Older ones are forgotten here; they stay stored. What is bounded are the items, and the characters of all of them.
_MOST: Final = 1_000
_MOST_TEXT: Final = 250_000


def new_item_id() -> str:
    """Return an id for an item that has none."""
    return f"item_{new_id().replace('-', '')}"


@dataclass(slots=True, kw_only=True)
class Item:
    """A message.

    Attributes:
        part: "input_audio", "input_text", "output_audio" or "output_text".
        text: the words; None while nobody knows them.
        turn_id: under which it is stored; empty: it is not.
        spoken_ms: how long the learner spoke.
        pieces, rate: of a spoken answer: its texts with the samples sent of each, and samples a second.
    """

    id: str = field(default_factory=new_item_id)
    role: Role
    part: str
    text: str | None = None
    status: Literal["in_progress", "completed", "incomplete"] = "completed"
    turn_id: str = ""
    spoken_ms: int = 0
    pieces: tuple[Spoken, ...] = ()
    rate: int = 24_000

    @property
    def audio_ms(self) -> int:
        """How long a spoken answer lasts, as far as it was sent."""
        return sum(piece.sent for piece in self.pieces) * 1000 // self.rate

    def heard(self, audio_end_ms: int) -> str:
        """Return the words of a spoken answer's first milliseconds."""
        return said(self.pieces, audio_end_ms * self.rate // 1000, self.rate)

    def content(self, dialect: Dialect) -> list[dict[str, object]]:
        """Return its content, without sound."""
        words = "transcript" if self.part.endswith("audio") else "text"
        return [{"type": part_name(self.part, dialect), words: self.text}]

    def described(self, dialect: Dialect, *, empty: bool = False) -> dict[str, object]:
        """Return the item as a client reads it.

        Args: empty: leave its content out: it has only begun.
        """
        return {
            "id": self.id,
            "object": "realtime.item",
            "type": "message",
            "status": self.status,
            "role": self.role,
            "content": [] if empty else self.content(dialect),
        }


class Items:
    """The items of one conversation."""

    def __init__(self) -> None:
        self._items: list[Item] = []

    def __iter__(self) -> Iterator[Item]:
        return iter(self._items)

    def add(self, item: Item, after: str | None = None) -> str | None:
        """Add an item at the end, or behind another one ("root": before all), and return the id of the one before it.

        Raises: InvalidInput: the id is taken, or there is no such item to stand behind.
        """
        if any(known.id == item.id for known in self._items):
            raise refused("item_already_exists", f"Item '{item.id}' exists already.", "item.id")
        at = len(self._items)
        if after is not None:
            at = 0 if after == "root" else self._items.index(self.find(after, "previous_item_id")) + 1
        self._items.insert(at, item)
        before = self._items[at - 1].id if at else None
        del self._items[:-_MOST]
        text = sum(len(known.text or "") for known in self._items)
        while text > _MOST_TEXT and len(self._items) > 1:
            text -= len(self._items.pop(0).text or "")
        return before

    def find(self, item_id: str, param: str = "item_id") -> Item:
        """Return an item.

        Raises: InvalidInput `item_not_found`.
        """
        for item in self._items:
            if item.id == item_id:
                return item
        raise refused("item_not_found", f"There is no item '{item_id}' in this conversation.", param)

    def remove(self, item: Item) -> None:
        """Forget an item."""
        self._items.remove(item)
