"""A Redis, a RabbitMQ and an AWS of one's own for as long as a block lasts: on loopback, in a folder."""

import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from infra.local.brokers import ensure
from infra.local.errors import LocalError
from infra.local.ports import free_port

_START_S: Final = 60.0
_STOP_S: Final = 20.0
_LOOK_S: Final = 0.05


@contextmanager
def redis_server(folder: Path) -> Generator[str]:
    """Run a Redis that keeps what it is told, and yield its URL."""
    program, _ = ensure()
    port = free_port()
    command = [str(program), "--bind", "127.0.0.1", "--port", str(port), "--dir", str(folder), "--appendonly", "yes"]
    with _running(command, folder / "redis.log", lambda: _listens(port)):
        yield f"redis://127.0.0.1:{port}/0"


@contextmanager
def rabbitmq_server(folder: Path, *, consumer_timeout_ms: int = 1_800_000) -> Generator[str]:
    """Run a RabbitMQ with its own Erlang port mapper, and yield its URL.

    Args: consumer_timeout_ms: how long a consumer may hold a message; it is looked at twice as often.
    """
    _, program = ensure()
    port, distribution, mapper = free_port(), free_port(), free_port()
    (folder / "rabbitmq.conf").write_text(
        f"listeners.tcp.1 = 127.0.0.1:{port}\nloopback_users = none\nconsumer_timeout = {consumer_timeout_ms}\n"
    )
    (folder / "plugins").write_text("[].\n")
    environment = os.environ | {
        "HOME": str(folder),
        "ERL_EPMD_ADDRESS": "127.0.0.1",
        "ERL_EPMD_PORT": str(mapper),
        "RABBITMQ_CONFIG_FILE": str(folder / "rabbitmq"),
        "RABBITMQ_CONF_ENV_FILE": str(folder / "none.conf"),
        "RABBITMQ_DIST_PORT": str(distribution),
        "RABBITMQ_ENABLED_PLUGINS_FILE": str(folder / "plugins"),
        "RABBITMQ_LOG_BASE": str(folder / "log"),
        "RABBITMQ_MNESIA_BASE": str(folder / "data"),
        "RABBITMQ_NODENAME": f"unamentis-{port}@localhost",
        "RABBITMQ_PID_FILE": str(folder / "pid"),
        # Two schedulers are plenty here.
        "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": f"+S 2:2 -rabbit channel_tick_interval {consumer_timeout_ms // 2}",
    }
    try:
        with _running([str(program)], folder / "rabbitmq.log", lambda: _listens(port), environment):
            yield f"amqp://guest:guest@127.0.0.1:{port}/"
    finally:
        # It was started along, and outlives the server.
        subprocess.run(["epmd", "-port", str(mapper), "-kill"], env=environment, check=False, capture_output=True)  # noqa: S603, S607 - ours


@contextmanager
def aws_server(folder: Path) -> Generator[str]:
    """Run moto's server and yield its URL."""
    port = free_port()
    command = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
    url = f"http://127.0.0.1:{port}"
    with _running(command, folder / "moto.log", lambda: _answers(f"{url}/moto-api/")):
        yield url


@contextmanager
def _running(
    command: list[str], log: Path, is_up: Callable[[], bool], environment: dict[str, str] | None = None
) -> Generator[None]:
    with log.open("wb") as output:
        process = subprocess.Popen(command, stdout=output, stderr=output, env=environment, cwd=log.parent)  # noqa: S603 - ours
    try:
        until = time.monotonic() + _START_S
        while not is_up():
            if process.poll() is not None or time.monotonic() > until:
                raise LocalError(f"{command[0]} did not start: {log.read_text(errors='replace')[-2000:]}")
            time.sleep(_LOOK_S)
        yield
    finally:
        process.terminate()
        try:
            process.wait(_STOP_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=2):  # noqa: S310 - our own address
            return True
    except (urllib.error.URLError, OSError):
        return False
