"""Where a process listens, and the second word it takes to let everybody on a network in."""

from collections.abc import Mapping
from ipaddress import ip_address
from typing import Final

import msgspec

from shared.errors import InvalidInput

BEYOND: Final = "UNAMENTIS_OPEN_BEYOND_THIS_MACHINE"


class Address(msgspec.Struct, frozen=True):
    """An interface's address or name, and a port."""

    host: str
    port: int


def read_address(environ: Mapping[str, str], *, default_port: int) -> Address:
    """Return where the environment wants a process to listen (`UNAMENTIS_HOST`, `UNAMENTIS_PORT`).

    Raises: InvalidInput: the port is none; or others than this machine would be let in without a token, and only
        `UNAMENTIS_AUTH_MODE=open` says so.
    """
    host = environ.get("UNAMENTIS_HOST") or "127.0.0.1"
    text = environ.get("UNAMENTIS_PORT") or str(default_port)
    if not text.isascii() or not text.isdigit() or not 1 <= int(text) <= 65_535:
        raise InvalidInput("UNAMENTIS_PORT must be a whole number from 1 to 65535")
    second_word = environ.get(BEYOND) or "no"
    if second_word not in {"yes", "no"}:
        raise InvalidInput(f"{BEYOND} must be yes or no")
    if environ.get("UNAMENTIS_AUTH_MODE") == "open" and not is_loopback(host) and second_word != "yes":
        raise InvalidInput(
            f"UNAMENTIS_AUTH_MODE=open on {host} would let everybody in who reaches it: listen on 127.0.0.1, or set "
            f"{BEYOND}=yes where the network is trusted"
        )
    return Address(host, int(text))


def is_loopback(host: str) -> bool:
    """Tell whether only this machine reaches what listens there; of names only localhost counts."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
