"""Asks the server of this container whether it is ready; standard library only, since it runs every few seconds."""

import http.client
from collections.abc import Mapping
from contextlib import closing
from typing import Final

from shared.listening import read_address

PATIENCE_S: Final = 4.0
EVERYWHERE: Final = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104  what is listened on, not what listens here
DEFAULT_PORT: Final = 8766


def is_ready(environ: Mapping[str, str]) -> bool:
    """Tell whether `/ready` answers 200.

    Raises: InvalidInput: the environment names no address.
    """
    address = read_address(environ, default_port=DEFAULT_PORT)
    host = EVERYWHERE.get(address.host, address.host)
    with closing(http.client.HTTPConnection(host, address.port, timeout=PATIENCE_S)) as line:
        try:
            line.request("GET", "/ready")
            return line.getresponse().status == http.client.OK
        except (OSError, http.client.HTTPException):
            return False
