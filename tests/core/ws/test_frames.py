"""What we frame is read by a library that others' clients are made of."""

import asyncio

import pytest
from aiohttp import ClientSession, web

from core.ws.frames import framed

LENGTHS = (0, 1, 125, 126, 65_535, 65_536)


@pytest.mark.parametrize("letter", ["x", "ß"])
async def test_messages_of_every_length_are_read_as_they_were_meant(letter: str) -> None:
    told = [made for n in LENGTHS for made in (letter * n, b"\x07" * n)]

    async def serve(request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse(compress=False)
        await socket.prepare(request)
        assert isinstance(request.transport, asyncio.WriteTransport)
        request.transport.write(b"".join(part for message in told for part in framed(message)))
        await socket.close()
        return socket

    app = web.Application()
    app.router.add_get("/", serve)
    runner = web.AppRunner(app, shutdown_timeout=1)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        async with ClientSession() as http, http.ws_connect(f"http://127.0.0.1:{runner.addresses[0][1]}/") as client:
            assert [message.data async for message in client] == told
    finally:
        await runner.cleanup()
