"""Units of work from the event loop, in threads and on connections that are the jobs' own."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from shared.db import Database, Entry, Unit

Result = TypeVar("Result")


class JobDatabase:
    """The database as jobs see it: a queue of many short units must not keep a voice turn waiting.

    Args: size: connections, and threads, at most.
    """

    def __init__(self, url: str, *, size: int = 3) -> None:
        self._database = Database(url, pool_size=max(2, size))
        self._threads = ThreadPoolExecutor(max(2, size), thread_name_prefix="jobs")

    async def run(self, entry: Entry, work: Callable[[Unit], Result]) -> Result:
        """Carry out a unit of work and return what `work` did, whose Pendings are resolved by then.

        Raises: AppError: it was refused. Unavailable: the database does not answer.
        """

        def carry_out() -> Result:
            with self._database.unit(entry) as unit:
                return work(unit)

        return await asyncio.get_running_loop().run_in_executor(self._threads, carry_out)

    def close(self) -> None:
        """Let go of the connections, once what is under way has ended."""
        self._threads.shutdown(wait=True)
        self._database.close()
