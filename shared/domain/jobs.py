"""What a job is: its states, how long a failed one waits, and how much of all the work one tenant gets."""

from typing import Final, Literal

import msgspec

# failed: a dead letter, with its reason; it can be retried. Only people lead a job out of paused, failed or cancelled.
JobStatus = Literal["queued", "running", "paused", "completed", "failed", "cancelled"]
Wish = Literal["cancel", "pause"]

STATUSES: Final[tuple[JobStatus, ...]] = ("queued", "running", "paused", "completed", "failed", "cancelled")
ENDED: Final[frozenset[JobStatus]] = frozenset({"completed", "failed", "cancelled"})

# Runs without progress before a job is a dead letter: retried failures, and processes that died over it.
MOST_ATTEMPTS: Final = 8
FIRST_WAIT_S: Final = 2.0
LONGEST_WAIT_S: Final = 900.0
# What a payload, a checkpoint or a result may hold, in bytes of JSON; more belongs into the object store.
MOST_BYTES: Final = 256 * 1024
LONGEST_KEY: Final = 200
LOWEST_PRIORITY: Final = -100
HIGHEST_PRIORITY: Final = 100


def backoff_s(attempt: int, chance: float) -> float:
    """Return how long a job waits after a run that failed: doubled each time, and at random half as long at least.

    Args:
        attempt: runs so far, from 1. chance: from 0 to 1, so that what failed together does not come back together.
    """
    longest = min(LONGEST_WAIT_S, FIRST_WAIT_S * 2 ** min(attempt - 1, 20))
    return longest * (0.5 + chance / 2)


class Window(msgspec.Struct, frozen=True):
    """How many jobs may be on their way at once, in the queue or under work.

    A long queue serves nobody: who is in it first is served first, whoever else has waited for less. So it is kept as
    short as the work allows: it grows while it runs dry, and shrinks while jobs wait in it.

    Attributes:
        extra: jobs on their way beside those that all processes together can run at once.
    """

    extra: int = 0

    LONGEST_S = 0.5
    MOST_EXTRA = 512

    def after(self, *, in_queue: int, oldest_s: float, waiting: bool) -> "Window":
        """Return the window after a look at the queue.

        Args:
            in_queue: jobs in the queue that nobody runs. oldest_s: seconds the first of them has been there.
            waiting: whether jobs that are due wait for the relay.
        """
        if oldest_s > self.LONGEST_S:
            return Window(self.extra // 2)
        if waiting and in_queue <= self.extra // 4:
            return Window(min(self.MOST_EXTRA, self.extra * 2 + 8))
        return self

    def most_out(self, capacity: int) -> int:
        """Return how many jobs may be on their way, where processes can run `capacity` at once."""
        return capacity + self.extra

    def most_each(self, capacity: int) -> int:
        """Return how many of them may be one tenant's: a quarter of the capacity is kept for others, from two up."""
        return max(1, self.most_out(capacity) - max(1, capacity // 4))
