"""The port through which names become addresses, so that tests can answer hostile ones."""

import asyncio
import socket
from typing import Protocol


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
            found = await asyncio.get_running_loop().getaddrinfo(host, None, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError):
            return []
        return list(dict.fromkeys(str(entry[4][0]) for entry in found))
