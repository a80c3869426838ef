"""An event loop whose clock jumps over every wait: a conversation of an hour runs as fast as its work is done.

Code that reads the loop's clock and sleeps on it, as the pipeline does, cannot tell. While work is under way in other
threads, a database's say, the clock stands still.
"""

import asyncio
import selectors
from collections.abc import Callable, Coroutine
from concurrent.futures import Executor
from typing import Any, TypeVar, TypeVarTuple

Result = TypeVar("Result")
Arguments = TypeVarTuple("Arguments")


class _JumpingSelector(selectors.DefaultSelector):
    """Never waits for a timer: it moves the clock instead."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 0.0
        self.in_threads = 0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        ready = super().select(0)
        if ready or (timeout is not None and timeout <= 0):
            return ready
        if self.in_threads or timeout is None:
            return super().select(None)
        self.now += timeout
        return ready


class VirtualTimeLoop(asyncio.SelectorEventLoop):
    """Its time begins at 0 and passes only while everybody waits."""

    def __init__(self) -> None:
        self._jumping = _JumpingSelector()
        super().__init__(self._jumping)

    def time(self) -> float:
        """Return the seconds that have passed on this clock."""
        return self._jumping.now

    def jump(self, seconds: float) -> None:
        """Let time pass of which nobody noticed anything, as when a machine was asleep."""
        self._jumping.now += seconds

    def run_in_executor(
        self,
        executor: Executor | None,
        func: Callable[[*Arguments], Result],
        *args: *Arguments,
    ) -> asyncio.Future[Result]:
        """Run in a thread, and stop the clock until it is done."""
        future = super().run_in_executor(executor, func, *args)
        self._jumping.in_threads += 1
        future.add_done_callback(self._thread_done)
        return future

    def _thread_done(self, _future: asyncio.Future[Any]) -> None:
        self._jumping.in_threads -= 1


def run(main: Coroutine[Any, Any, Result]) -> Result:
    """Run `main` to its end on a clock of its own."""
    with asyncio.Runner(loop_factory=VirtualTimeLoop) as runner:
        return runner.run(main)
