"""A TCP port of loopback for a server that is about to start."""

import random
import socket
from typing import Final

from infra.local.errors import LocalError

# Below what systems give to outgoing connections (from 32768 on Linux, 49152 elsewhere): one of those could be given
# the port before the server listens.
_PORTS: Final = range(20_000, 32_000)
_ATTEMPTS: Final = 200


def free_port() -> int:
    """Return a port of 127.0.0.1 that nobody listens on now.

    Raises:
        LocalError: None was found.
    """
    for port in random.choices(_PORTS, k=_ATTEMPTS):  # noqa: S311 - not a secret
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise LocalError(f"no port of 127.0.0.1 from {_PORTS.start} to {_PORTS.stop - 1} is free")
