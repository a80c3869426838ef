"""A port for a server that is about to start: nobody's now, and no outgoing connection's soon."""

import socket
from pathlib import Path

from infra.local.ports import free_port


def test_a_server_can_listen_on_it() -> None:
    port = free_port()
    with socket.create_server(("127.0.0.1", port)) as server:
        assert server.getsockname() == ("127.0.0.1", port)


def test_no_outgoing_connection_is_given_it() -> None:
    told = Path("/proc/sys/net/ipv4/ip_local_port_range")
    # Systems that do not tell it keep to RFC 6335.
    first = int(told.read_text(encoding="ascii").split()[0]) if told.exists() else 49_152
    assert all(1024 < free_port() < first for _ in range(50))
