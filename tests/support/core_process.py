"""The voice service in processes of its own."""

import asyncio
import base64
import os
import subprocess
import sys
from pathlib import Path

import aiohttp

from infra.local.ports import free_port
from tests.support.identity import SECRET


class Process:
    """One run after another of `python -m core.main` on the same database, with mock vendors."""

    def __init__(self, database_url: str, log: Path) -> None:
        self.log = log
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.environment = {
            **os.environ,
            "DATABASE_URL": database_url,
            "UNAMENTIS_SECRET": base64.b64encode(SECRET).decode(),
            "UNAMENTIS_PROVIDERS": "mock",
            "UNAMENTIS_PORT": str(self.port),
        }
        self._running: subprocess.Popen[bytes] | None = None

    async def start(self, http: aiohttp.ClientSession) -> "subprocess.Popen[bytes]":
        self._running = self._spawn()
        async with asyncio.timeout(60):
            while not await self._healthy(http):
                assert self._running.poll() is None, self.log.read_text()
                await asyncio.sleep(0.05)
        return self._running

    def _spawn(self) -> "subprocess.Popen[bytes]":
        log = os.open(self.log, os.O_CREAT | os.O_APPEND | os.O_WRONLY)
        try:
            return subprocess.Popen([sys.executable, "-m", "core.main"], env=self.environment, stdout=log, stderr=log)
        finally:
            os.close(log)

    async def _healthy(self, http: aiohttp.ClientSession) -> bool:
        try:
            async with http.get(f"{self.url}/health") as answer:
                return answer.status == 200
        except aiohttp.ClientConnectionError:
            return False

    def end(self) -> None:
        if self._running is not None and self._running.poll() is None:
            self._running.kill()
            self._running.wait()
