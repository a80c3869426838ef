"""A queue in our words: what every adapter promises.

At least once: what was sent is delivered until somebody acknowledges it. Whoever gets a message has it for the lease,
and longer as long as they extend it; then, or when they release it, others get it. Fairness and priorities are the
relay's, which keeps every queue short: see `shared.domain.jobs.Window`.
"""

from collections.abc import Sequence
from typing import Annotated, Final, Protocol

import msgspec

from shared.errors import InvalidInput

_Id = Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$")]


class Message(msgspec.Struct, frozen=True, kw_only=True):
    """A job that is due: ids, so that it fits any queue whatever the job is about.

    Attributes:
        turn: how often the job was sent anew.
    """

    tenant_id: _Id
    job_id: _Id
    priority: int = 0
    turn: int = 0


class Tick(msgspec.Struct, frozen=True, kw_only=True):
    """A schedule is due, says an outside scheduler such as EventBridge."""

    schedule: str


class Delivery(msgspec.Struct, frozen=True):
    """A message in somebody's hands.

    Attributes:
        deliveries: how often it was delivered, with this one; about.
        receipt: the adapter's own.
    """

    body: Message | Tick
    deliveries: int
    receipt: object


class DeadLetter(msgspec.Struct, frozen=True):
    """A message that nobody gets any more; text is what was sent."""

    text: str
    reason: str


class Queue(Protocol):
    """One queue on one server.

    Every method raises Unavailable when the server does not answer.
    """

    @property
    def name(self) -> str:
        """The adapter, such as "sqs"."""
        ...

    async def open(self) -> None:
        """Connect, and make what is missing on the server."""
        ...

    async def close(self) -> None:
        """Let go of the connection; what this process has received is delivered to others."""
        ...

    async def send(self, messages: Sequence[Message]) -> None:
        """Send messages; on return the server has them. When it raises, it may have some of them."""
        ...

    async def receive(self, most: int, *, wait_s: float) -> list[Delivery]:
        """Return up to `most` messages, as soon as there is one; none after `wait_s` seconds without.

        What is not a message of ours becomes a dead letter by itself. Cancelled, it gives back what was on its way.
        """
        ...

    async def extend(self, deliveries: Sequence[Delivery]) -> None:
        """Keep messages for another lease; one that others have got meanwhile is left to them."""
        ...

    async def acknowledge(self, deliveries: Sequence[Delivery]) -> None:
        """Be done with messages: nobody gets them again."""
        ...

    async def release(self, delivery: Delivery, *, after_s: float) -> None:
        """Give a message back: others get it after some seconds, and not before."""
        ...

    async def bury(self, delivery: Delivery, reason: str) -> None:
        """Make a message a dead letter."""
        ...

    async def dead_letters(self, most: int) -> list[DeadLetter]:
        """Return dead letters, the oldest first; they stay what they are."""
        ...

    async def redrive(self, most: int) -> int:
        """Deliver up to `most` dead letters as if they were new, and return how many."""
        ...


_MESSAGE: Final = msgspec.json.Decoder(Message)
_TICK: Final = msgspec.json.Decoder(Tick)


def encode(message: Message) -> str:
    """Return a message as text."""
    return msgspec.json.encode(message).decode()


def decode(text: str | bytes) -> Message | Tick:
    """Return the message that a text is.

    Raises: InvalidInput: it is none of ours.
    """
    for decoder in (_MESSAGE, _TICK):
        try:
            return decoder.decode(text)
        except (msgspec.DecodeError, UnicodeDecodeError):
            continue
    raise InvalidInput("not a message of this deployment")
