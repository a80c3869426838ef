"""Throughput of an authenticated, limited and metered GET when all clients are of one tenant.

All of them take tokens from the same bucket and count in the same row, so whoever holds those locks keeps the others
waiting. Eight processes call through a proxy that delays each direction by a millisecond, as a network would: once with
a unit of work in one pipeline, once with the same statements one after the other in a transaction. The two take turns.

    PYTHONPATH=.:lambda/auth:lambda/sessions .venv/bin/python -m benchmarks.hot_tenant
"""

import argparse
import asyncio
import multiprocessing
import os
import statistics
import sys
import time
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from multiprocessing.synchronize import Barrier
from typing import Any, cast
from urllib.parse import urlsplit, urlunsplit

import uvloop
from auth_api.routes import routes as auth_routes
from msgspec import structs
from sessions_api.routes import routes as session_routes

from benchmarks.demo_database import Demo, demo_database
from shared.api import Context, Routes, Service
from shared.auth.authenticator import Authenticator
from shared.config import Settings
from shared.db import Database, Unit
from shared.db.entry import Entry
from shared.db.wire import Wire

DELAY_S = 0.001
ROUTES: dict[str, Routes] = {"auth": auth_routes, "sessions": session_routes}
PLENTY = 1_000_000_000


class SequentialUnit(Unit):
    """The same statements, each awaited before the next is sent."""

    def send(self, wire: Wire) -> None:
        with wire.connection.transaction():
            for statement, settle in zip(self._statements, self._settle, strict=True):
                (answer,) = wire.exchange([statement])
                settle(answer)


class SequentialDatabase(Database):
    """A database whose units of work are ordinary transactions."""

    @contextmanager
    def unit(self, entry: Entry) -> Generator[Unit]:
        unit = SequentialUnit(entry)
        yield unit
        with self._wires() as wire:
            unit.send(wire)


VARIANTS: dict[str, type[Database]] = {"one pipeline": Database, "one by one": SequentialDatabase}


@dataclass(frozen=True, slots=True)
class Run:
    """What a client does: one GET again and again for some seconds."""

    settings: Settings
    token: str
    service: str
    path: str
    variant: str
    seconds: float


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clients", type=int, default=8)
    parser.add_argument("--seconds", type=float, default=5, help="of each round")
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    with demo_database() as demo, delayed(demo.database_url) as url:
        settings = Settings(
            database_url=url,
            secret=demo.secret,
            requests_per_minute=PLENTY,
            address_requests_per_minute=PLENTY,
            tenant_requests_per_minute=PLENTY,
        )
        print(f"{options.clients} clients of one tenant, {DELAY_S * 1000:g} ms each way, {os.cpu_count()} cores")
        for name, (service, path) in reads(demo, structs.replace(settings, database_url=demo.database_url)).items():
            run = Run(settings, demo.token, service, path, "", options.seconds)
            figures: dict[str, list[float]] = {variant: [] for variant in VARIANTS}
            for _ in range(options.rounds):
                for variant, found in figures.items():
                    found.append(throughput(replace(run, variant=variant), options.clients))
            medians = {variant: statistics.median(found) for variant, found in figures.items()}
            ratio = medians["one pipeline"] / medians["one by one"]
            text = ", ".join(f"{variant} {value:.0f}/s" for variant, value in medians.items())
            print(f"  GET {name}: {text}: ratio {ratio:.1f}")
    return 0


def reads(demo: Demo, settings: Settings) -> dict[str, tuple[str, str]]:
    """Return the GETs to measure, by the name they are printed with."""
    context = Context.of(settings)
    body = '{"curriculum_id": ""}'
    headers = {"authorization": f"Bearer {demo.token}"}
    made = Service(session_routes, context).handle(event("POST", "/api/sessions", headers, body), None)
    context.database.close()
    session_id = str(made["body"]).partition('"id":"')[2][:36]
    return {
        "/api/auth/me": ("auth", "/api/auth/me"),
        "/api/sessions/{id}/context": ("sessions", f"/api/sessions/{session_id}/context"),
    }


def event(method: str, path: str, headers: dict[str, str], body: str = "") -> dict[str, Any]:
    """Return an HTTP API event of payload format 2.0."""
    http = {"method": method, "path": path, "sourceIp": "203.0.113.7"}
    return {
        "version": "2.0",
        "rawPath": path,
        "headers": headers,
        "body": body,
        "requestContext": {"http": http, "requestId": "r"},
    }


def throughput(run: Run, clients: int) -> float:
    """Return answers per second over all clients."""
    context = multiprocessing.get_context("spawn")
    barrier, counts = context.Barrier(clients), context.SimpleQueue()
    crowd = [context.Process(target=call, args=(run, barrier, counts), daemon=True) for _ in range(clients)]
    for client in crowd:
        client.start()
    total = sum(counts.get() for _ in crowd)
    for client in crowd:
        client.join()
    return total


def call(run: Run, barrier: Barrier, counts: "multiprocessing.SimpleQueue[float]") -> None:
    """Be one client."""
    sys.stdout = open(os.devnull, "w")  # noqa: SIM115  the log of every request, for the process's whole life
    database = VARIANTS[run.variant](run.settings.database_url)
    service = Service(ROUTES[run.service], Context(run.settings, database, Authenticator(run.settings)))
    request = event("GET", run.path, {"authorization": f"Bearer {run.token}"})
    if (first := service.handle(request, None))["statusCode"] != 200:
        raise SystemExit(f"{run.path} answered {first['statusCode']}: {first['body']}")
    barrier.wait()
    begin, answers = time.monotonic(), 0
    while (now := time.monotonic()) - begin < run.seconds:
        service.handle(request, None)
        answers += 1
    counts.put(answers / (now - begin))


@contextmanager
def delayed(url: str) -> Generator[str]:
    """Start the proxy and return the database's URL through it."""
    parts = urlsplit(url)
    context = multiprocessing.get_context("spawn")
    ports = context.SimpleQueue()
    proxy = context.Process(target=serve_proxy, args=(parts.hostname, parts.port, ports), daemon=True)
    proxy.start()
    login = parts.netloc.rpartition("@")[0]
    query = "sslmode=disable&gssencmode=disable"
    yield urlunsplit(parts._replace(netloc=f"{login}@127.0.0.1:{ports.get()}", query=query))
    proxy.terminate()
    proxy.join()


def serve_proxy(host: str, port: int, ports: "multiprocessing.SimpleQueue[int]") -> None:
    """Forward connections, every piece a moment later."""

    async def serve() -> None:
        server = await asyncio.get_running_loop().create_server(lambda: Side(host, port), "127.0.0.1", 0)
        ports.put(server.sockets[0].getsockname()[1])
        await server.serve_forever()

    uvloop.run(serve())


class Side(asyncio.Protocol):
    """One end of a proxied connection; without a server it is the other's far end."""

    def __init__(self, host: str, port: int, near: "Side | None" = None) -> None:
        self.server = (host, port)
        self.other = near
        self.waiting: list[bytes] = []
        self.transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)
        if self.other is None:
            loop = asyncio.get_running_loop()
            self.opening = loop.create_task(loop.create_connection(lambda: Side(*self.server, near=self), *self.server))
        else:
            self.other.other = self
            for data in self.other.waiting:
                self.other.data_received(data)

    def data_received(self, data: bytes) -> None:
        if self.other is None or self.other.transport is None:
            self.waiting.append(data)
        else:
            asyncio.get_running_loop().call_later(DELAY_S, self.other.deliver, data)

    def deliver(self, data: bytes) -> None:
        if self.transport is not None and not self.transport.is_closing():
            self.transport.write(data)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002  the base class's signature
        if self.other is not None and self.other.transport is not None:
            self.other.transport.close()


if __name__ == "__main__":
    sys.exit(main())
