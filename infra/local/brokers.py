"""The Redis and the RabbitMQ that the queue's tests drive: found on this machine, or installed and said so."""

import os
import shutil
from pathlib import Path
from typing import Final

from infra.local.browser import run
from infra.local.errors import LocalError

# Where RabbitMQ's own start script is: Debian's on the PATH would change to a user of its own.
RABBITMQ: Final = (
    Path("/usr/lib/rabbitmq/bin/rabbitmq-server"),
    Path("/opt/homebrew/opt/rabbitmq/sbin/rabbitmq-server"),
    Path("/usr/local/opt/rabbitmq/sbin/rabbitmq-server"),
)


def find_redis() -> Path | None:
    """Return this machine's redis-server, or None."""
    found = shutil.which("redis-server")
    return Path(found) if found else None


def find_rabbitmq() -> Path | None:
    """Return this machine's rabbitmq-server, or None."""
    for path in RABBITMQ:
        if path.exists():
            return path
    found = shutil.which("rabbitmq-server")
    return Path(found) if found else None


def ensure() -> tuple[Path, Path]:
    """Return both programs; install what is missing.

    Raises: LocalError: one could not be installed.
    """
    if missing := [name for name, path in _needed().items() if path is None]:
        print(f"The queue's tests need {' and '.join(missing)}, not found here: installing", flush=True)
        for command in _installers(missing):
            run(command)
    redis, rabbitmq = find_redis(), find_rabbitmq()
    if redis is None or rabbitmq is None:
        raise LocalError(
            "the queue's tests need redis-server and rabbitmq-server, and they could not be installed: install them"
            " (apt-get install redis-server rabbitmq-server, or brew install redis rabbitmq)"
        )
    return redis, rabbitmq


def _needed() -> dict[str, Path | None]:
    return {"redis-server": find_redis(), "rabbitmq-server": find_rabbitmq()}


def _installers(missing: list[str]) -> list[list[str]]:
    """Return the commands that install what is missing here; none where only a person can."""
    if os.geteuid() == 0 and shutil.which("apt-get"):
        return [["apt-get", "update"], ["apt-get", "install", "-y", "--no-install-recommends", *missing]]
    if shutil.which("brew"):
        return [["brew", "install", *(name.removesuffix("-server") for name in missing)]]
    return []
