"""What is told of a reply before the learner's turn is surely over."""

from core.pipeline.client import Client
from core.pipeline.notices import Notice


class Withheld:
    """Keeps notices back until they may be told; from then on they are told at once."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._held: list[Notice] | None = []

    def tell(self, notice: Notice) -> None:
        """Tell the client, now or when it may be told."""
        if self._held is None:
            self._client.tell(notice)
        else:
            self._held.append(notice)

    def let_go(self) -> None:
        """Tell what was held back."""
        held, self._held = self._held or [], None
        for notice in held:
            self._client.tell(notice)
