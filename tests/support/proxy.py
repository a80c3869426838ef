"""A TCP proxy on loopback that counts a client's round trips to a server."""

import socket
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from types import TracebackType
from typing import Final, Self
from urllib.parse import urlsplit, urlunsplit

_CHUNK: Final = 1 << 16


class CountingProxy:
    """Forwards connections to a server and counts round trips: a burst from the client that the server answers.

    A burst is everything the client sends before the server speaks again, however many packets it takes. A server that
    speaks while the client is still sending, as it does to refuse, may be counted once more, never once less.

    Args:
        host, port: of the server.
        delay_s: added to each burst on its way to the server and to each answer, as a network would.
    """

    def __init__(self, host: str, port: int, *, delay_s: float = 0) -> None:
        self._server = (host, port)
        self._delay_s = delay_s
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._lock = threading.Lock()
        self._round_trips = 0
        self._sockets: list[socket.socket] = []
        self._threads: list[threading.Thread] = []
        self.port: int = self._listener.getsockname()[1]

    @property
    def round_trips(self) -> int:
        """Round trips of all connections so far."""
        with self._lock:
            return self._round_trips

    def url(self, original: str) -> str:
        """Return a database URL that leads through this proxy, without encryption so that bursts stay as they are."""
        parts = urlsplit(original)
        login = parts.netloc.rpartition("@")[0]
        query = "&".join(filter(None, [parts.query, "sslmode=disable", "gssencmode=disable"]))
        return urlunsplit(parts._replace(netloc=f"{login}@127.0.0.1:{self.port}", query=query))

    def __enter__(self) -> Self:
        self._start(self._accept)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        _hang_up(self._listener)
        with self._lock:
            for one in self._sockets:
                _hang_up(one)
        for thread in self._threads:
            thread.join(timeout=5)

    def _start(self, target: Callable[[], None]) -> None:
        thread = threading.Thread(target=target, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return  # closed
            server = socket.create_connection(self._server)
            for one in (client, server):
                one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            with self._lock:
                self._sockets += [client, server]
            asking = threading.Event()  # the client has spoken, the server has not answered yet
            self._start(partial(self._forward, client, server, asking.set))
            self._start(partial(self._forward, server, client, partial(self._answered, asking)))

    def _forward(self, source: socket.socket, target: socket.socket, seen: Callable[[], None]) -> None:
        try:
            while data := source.recv(_CHUNK):
                seen()
                if self._delay_s:
                    time.sleep(self._delay_s)
                target.sendall(data)
        except OSError:
            pass  # one side hung up; the other learns it below
        finally:
            _hang_up(source)
            _hang_up(target)

    def _answered(self, asking: threading.Event) -> None:
        if asking.is_set():
            asking.clear()
            with self._lock:
                self._round_trips += 1


def _hang_up(connection: socket.socket) -> None:
    with suppress(OSError):  # gone already
        connection.shutdown(socket.SHUT_RDWR)
    connection.close()
