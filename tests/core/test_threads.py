import asyncio
import gc
import threading

import pytest

from core.threads import Threads


async def test_what_work_returns_and_raises_reaches_whoever_waits() -> None:
    threads = Threads(2)
    assert await threads.run(lambda: threading.current_thread().name) == "aside"
    with pytest.raises(ZeroDivisionError):
        await threads.run(lambda: 1 // 0)
    assert await threads.run(lambda: 3) == 3


async def test_there_are_as_many_threads_as_are_needed_and_no_more() -> None:
    threads = Threads(2)
    assert len({await threads.run(threading.current_thread) for _ in range(3)}) == 1
    both = threading.Barrier(2)

    def meet() -> threading.Thread:
        both.wait(10)
        return threading.current_thread()

    assert len(set(await asyncio.gather(*(threads.run(meet) for _ in range(4))))) == 2


async def test_work_that_nobody_waits_for_any_more_is_done() -> None:
    threads = Threads(1)
    may_end, ended = threading.Event(), threading.Event()

    def work() -> None:
        may_end.wait(10)
        ended.set()

    waiting = asyncio.create_task(threads.run(work))
    await asyncio.sleep(0)
    waiting.cancel()
    may_end.set()
    await threads.run(lambda: None)
    assert ended.is_set()
    assert waiting.cancelled()


async def test_they_end_with_whoever_had_them() -> None:
    threads = Threads(1)
    thread = await threads.run(threading.current_thread)
    del threads
    gc.collect()
    thread.join(10)
    assert not thread.is_alive()
