"""Names whose answers a test chooses."""

from dataclasses import dataclass, field


@dataclass
class FakeNames:
    """Each name answers its lists in turn, the last one for ever; see Names.

    Attributes:
        asked: every name that was looked up, in order.
    """

    answers: dict[str, list[list[str]]]
    asked: list[str] = field(default_factory=list[str])

    async def addresses(self, host: str) -> list[str]:
        self.asked.append(host)
        turns = self.answers.get(host, [[]])
        return turns.pop(0) if len(turns) > 1 else turns[0]
