"""The port through which a session reaches the one it talks with."""

from typing import Protocol

from core.pipeline.notices import Notice
from shared.errors import AppError


class Client(Protocol):
    """One connected listener."""

    def tell(self, notice: Notice) -> None:
        """Send a notice after everything sent before; never waits."""
        ...

    async def play(self, pcm: bytes) -> None:
        """Send PCM16 mono at the session's output rate; waits while the listener does not take what was sent."""
        ...

    def drop_audio(self) -> int:
        """Forget sound that has not left yet, and return how many bytes it was."""
        ...

    def leave(self, error: AppError) -> None:
        """End the connection: the session cannot go on for this caller."""
        ...
