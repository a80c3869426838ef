import socket
import sys

import pytest

from benchmarks.voice.servers import HOST, ServerFailed, running
from infra.local.ports import free_port

SERVE = "import socket, sys, time; s = socket.create_server(('127.0.0.1', int(sys.argv[1]))); time.sleep(60)"


def test_a_server_runs_until_it_was_measured() -> None:
    port = free_port()
    with running([sys.executable, "-c", SERVE, str(port)], port, {}) as (pid, start_s):
        assert pid > 0
        assert start_s > 0
        socket.create_connection((HOST, port)).close()
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection((HOST, port))


def test_a_server_that_does_not_start_is_quoted() -> None:
    failing = [sys.executable, "-c", "raise SystemExit('no such library: libc++')"]
    with pytest.raises(ServerFailed, match=r"did not start:\nno such library: libc\+\+"), running(failing, 1, {}):
        pass
