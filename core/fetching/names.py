"""The port through which names become addresses, so that tests can answer hostile ones."""

import asyncio
import socket
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final, Protocol

# Nothing can end a lookup, and a loop that ends waits for its own threads: these are nobody's.
_THREADS: Final = ThreadPoolExecutor(8, thread_name_prefix="names")


class Names(Protocol):
    """Resolves host names."""

    async def addresses(self, host: str) -> list[str]:
        """Return the IP addresses of a name; none where it has none."""
        ...


class SystemNames:
    """The machine's own resolver."""

    async def addresses(self, host: str) -> list[str]:
        """Return the IP addresses of a name, IPv4 and IPv6."""
        try:
            found = await asyncio.get_running_loop().run_in_executor(_THREADS, _look_up, host)
        except (OSError, UnicodeError):
            return []
        return list(dict.fromkeys(str(entry[4][0]) for entry in found))


def _look_up(host: str) -> list[tuple[Any, ...]]:
    return list(socket.getaddrinfo(host, None, type=socket.SOCK_STREAM))
