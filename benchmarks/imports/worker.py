"""A process that does nothing but imports: python -m benchmarks.imports.worker <database URL> <objects URL>.

It is a deployment's own relay, consumer and handler; only vendors are left out, which these imports need none of.
"""

import asyncio
import sys
from collections.abc import Callable, Generator
from contextlib import contextmanager

from aiohttp import web

from core.fetching.fetcher import Fetcher
from core.fetching.names import SystemNames
from core.imports.importing import CourseImport, Workshop
from core.imports.registry import BUILT_IN, Plugins
from core.jobs.registry import Registry
from core.jobs.service import JobService
from core.jobs.settings import JobSettings
from core.providers.llm.offline import OfflineTutor
from core.providers.llm.port import LanguageModel
from shared.auth.caller import Caller
from shared.db import Database
from shared.storage.objects import open_objects

# A process that was killed is missed after this.
LEASE_S = 3


@contextmanager
def nobody(caller: Caller, spent: Callable[[int], None]) -> Generator[LanguageModel]:
    del caller, spent
    yield OfflineTutor()


async def work(database_url: str, objects_url: str) -> None:
    store = open_objects(objects_url)
    workshop = Workshop(
        database=Database(database_url, pool_size=4),
        objects=store,
        pictures=None,
        plugins=Plugins(BUILT_IN, store, Fetcher(SystemNames())),
        hire=nobody,
    )
    registry = Registry([CourseImport(workshop)])
    app = web.Application()
    JobService(JobSettings(), database_url, registry, drain_s=5, lease_s=LEASE_S).mount(app)
    runner = web.AppRunner(app)
    await runner.setup()
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(work(sys.argv[1], sys.argv[2]))
