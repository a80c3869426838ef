import asyncio
import time

from benchmarks import virtual_time


async def waits() -> float:
    loop = asyncio.get_running_loop()
    await asyncio.sleep(3_600)
    try:
        async with asyncio.timeout(5):
            await asyncio.Event().wait()
    except TimeoutError:
        return loop.time()
    raise AssertionError("nobody sets it")


def test_an_hour_passes_at_once() -> None:
    assert virtual_time.run(waits()) == 3_605


async def works_elsewhere() -> tuple[str, float]:
    loop = asyncio.get_running_loop()
    asleep = asyncio.create_task(asyncio.sleep(3_600))
    answer = await asyncio.to_thread(lambda: time.sleep(0.01) or "done")
    asleep.cancel()
    return answer, loop.time()


def test_the_clock_stands_still_while_a_thread_works() -> None:
    assert virtual_time.run(works_elsewhere()) == ("done", 0)
