"""What an operator may say about imports."""

from collections.abc import Mapping
from ipaddress import ip_address

import msgspec

from shared.errors import InvalidInput


class ImportSettings(msgspec.Struct, frozen=True, kw_only=True):
    """Where courses may come from.

    Attributes:
        library_url: a folder or bucket of courses for everybody, `file:///folder` or `s3://bucket/prefix`; empty:
            there is none (`UNAMENTIS_LIBRARY_URL`).
        vouched: servers inside one's own network that may be fetched from all the same, by address and port
            (`UNAMENTIS_IMPORT_SERVERS`, as `10.1.2.3:443,[fd00::5]:8443`).
    """

    library_url: str = ""
    vouched: frozenset[tuple[str, int]] = frozenset()


def read_import_settings(environ: Mapping[str, str]) -> ImportSettings:
    """Return what the environment says.

    Raises: InvalidInput: a server is none.
    """
    servers = environ.get("UNAMENTIS_IMPORT_SERVERS", "").split(",")
    return ImportSettings(
        library_url=environ.get("UNAMENTIS_LIBRARY_URL", ""),
        vouched=frozenset(_server(text.strip()) for text in servers if text.strip()),
    )


def _server(text: str) -> tuple[str, int]:
    host, _, port = text.rpartition(":")
    try:
        address = str(ip_address(host.removeprefix("[").removesuffix("]")))
    except ValueError:
        address = ""
    if not address or not port.isascii() or not port.isdigit() or not 0 < int(port) < 65_536:
        raise InvalidInput("UNAMENTIS_IMPORT_SERVERS must be IP addresses with ports, such as 10.1.2.3:443")
    return address, int(port)
