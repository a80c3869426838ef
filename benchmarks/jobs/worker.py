"""One process that carries and runs benchmark jobs until it is killed, forked from one that has imported everything.

So a killed process is back within a tenth of a second, as a machine with room would have it, however busy this one is.
"""

import asyncio
import multiprocessing
import signal
from contextlib import asynccontextmanager
from multiprocessing.context import ForkServerProcess

from aiohttp import web

from benchmarks.jobs.effects import Effect
from core.jobs.registry import Registry
from core.jobs.service import JobService
from core.jobs.settings import JobSettings

_FORKS = multiprocessing.get_context("forkserver")
_FORKS.set_forkserver_preload(
    [__name__, "core.jobs.queue.redis", "core.jobs.queue.rabbitmq", "core.jobs.queue.sqs", "botocore.parsers"]
)


def start(database_url: str, queue_url: str, *, slots: int = 8, lease_s: int = 30) -> ForkServerProcess:
    """Start a process; whoever does ends it."""
    process = _FORKS.Process(target=serve, args=(database_url, queue_url, slots, lease_s), daemon=True)
    process.start()
    return process


def serve(database_url: str, queue_url: str, slots: int, lease_s: int) -> None:
    """Carry and run jobs until SIGTERM."""
    settings = JobSettings(queue_url=queue_url, slots=slots)
    service = JobService(settings, database_url, Registry([Effect()]), drain_s=5, lease_s=lease_s)
    asyncio.run(_serve(service))


async def _serve(service: JobService) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    async with asynccontextmanager(service.run)(web.Application()):
        await stop.wait()
