"""The edge's Worker in the runtime Cloudflare uses, and an origin that tells what reached it."""

import asyncio
import json
import subprocess
import threading
from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import Any, Final, Self

from aiohttp import WSMsgType, web

from infra.edge import toolchain

READY: Final = "The edge is ready at "


class Edge:
    """The Worker in front of an origin.

    Attributes:
        url: where it answers. output: the lines it printed since it was ready.
    """

    def __init__(self, origin: str, *, settings: Mapping[str, str] | None = None) -> None:
        given = [f"--var={name}={value}" for name, value in (settings or {}).items()]
        line = [str(toolchain.ensure()), "serve.mjs", "--port=0", "--until-eof", f"--origin={origin}", *given]
        self._process = subprocess.Popen(
            line,
            cwd=toolchain.FOLDER,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        told = ""
        for text in self._process.stdout or ():
            told += text
            if text.startswith(READY):
                break
        else:
            raise AssertionError(f"it ended with status {self._process.wait()}:\n{told}")
        self.url = told.splitlines()[-1].removeprefix(READY)
        self.output: list[str] = []
        self._more = threading.Condition()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def stop(self) -> None:
        """End it as whoever started it would by going away."""
        if self._process.stdin:
            self._process.stdin.close()
        self._process.wait(timeout=30)
        self._reader.join(timeout=30)

    def line_with(self, part: str) -> str:
        """Wait for a line of its output; 15 seconds at most."""
        with self._more:
            assert self._more.wait_for(lambda: any(part in line for line in self.output), timeout=15), self.output
        return next(line for line in self.output if part in line)

    def _read(self) -> None:
        for line in self._process.stdout or ():
            with self._more:
                self.output.append(line)
                self._more.notify_all()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


class Origin:
    """A server on loopback, in a thread of its own, that answers with what it was asked.

    A `status`, `header=Name:value` or `text` in the query makes the answer; a WebSocket echoes what it gets and closes
    with 4321 when it is told `bye`.
    """

    def __init__(self) -> None:
        self.requests = 0
        self._started = threading.Event()
        self._stop = asyncio.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._run()), daemon=True)
        self._loop: asyncio.AbstractEventLoop
        self.url = ""

    async def _run(self) -> None:
        self._loop = asyncio.get_running_loop()
        app = web.Application(client_max_size=32 * 1024 * 1024)
        app.router.add_route("*", "/{path:.*}", self._answer)
        runner = web.AppRunner(app, shutdown_timeout=1)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        self.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
        self._started.set()
        await self._stop.wait()
        await runner.cleanup()

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        self.requests += 1
        if request.headers.get("Upgrade", "").lower() == "websocket":
            return await _echo(request)
        body = await request.read()
        told = {
            "method": request.method,
            "path": request.raw_path,
            "headers": [[name.lower(), value] for name, value in request.headers.items()],
            "bytes": len(body),
        }
        headers = dict(header.split(":", 1) for header in request.query.getall("header", []))
        return web.Response(
            text=request.query.get("text") or json.dumps(told),
            status=int(request.query.get("status", "200")),
            headers={"Content-Type": "application/json", **headers},
        )

    def __enter__(self) -> Self:
        self._thread.start()
        assert self._started.wait(timeout=30)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(timeout=30)


async def _echo(request: web.Request) -> web.WebSocketResponse:
    socket = web.WebSocketResponse(protocols=["realtime"])
    await socket.prepare(request)
    await socket.send_json({name.lower(): value for name, value in request.headers.items()})
    async for message in socket:
        if message.type is WSMsgType.TEXT and message.data == "bye":
            await socket.close(code=4321, message=b"as you wish")
        elif message.type is WSMsgType.TEXT:
            await socket.send_str(message.data)
        else:
            await socket.send_bytes(message.data)
    return socket


def values(told: Mapping[str, Any], name: str) -> list[str]:
    """Return every value of a header that reached the origin."""
    headers: Sequence[Sequence[str]] = told["headers"]
    return [value for given, value in headers if given == name]
