"""The whole voice service in this process, on loopback."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from aiohttp import web

from core.app import build_app
from core.settings import ProviderSettings, Settings
from tests.support.identity import settings_for


@asynccontextmanager
async def serving_core(
    database_url: str, data_dir: Path, *, stt: str = "mock", llm: str = "offline", tts: str = "mock", **shared: Any
) -> AsyncGenerator[str]:
    """Serve until the block ends, and yield where; `shared`: settings that all services have."""
    settings = Settings(
        shared=settings_for(database_url, database_pool=4, **shared),
        providers=ProviderSettings(stt=stt, llm=llm, tts=tts),
        data_dir=str(data_dir),
    )
    runner = web.AppRunner(build_app(settings))
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()
