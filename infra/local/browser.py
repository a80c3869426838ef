"""The Chromium that the page's tests drive: found on this machine, or installed and said so."""

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Final

from infra.local.errors import LocalError

NAMES: Final = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
MACOS: Final = Path("/Applications/Google Chrome.app/Contents/MacOS/Google Chrome")


def find() -> Path | None:
    """Return a Chromium of this machine, or playwright's own, or None."""
    for name in NAMES:
        if found := shutil.which(name):
            return Path(found)
    if MACOS.exists():
        return MACOS
    from playwright.sync_api import sync_playwright

    with sync_playwright() as browsers:
        own = Path(browsers.chromium.executable_path)
    return own if own.exists() else None


def ensure() -> Path:
    """Return a Chromium; install one when there is none.

    Raises: LocalError: none could be installed.
    """
    if found := find():
        return found
    print("The page's tests need Chromium, and there is none here: installing it", flush=True)
    for commands in installers():
        if all(run(command) for command in commands) and (found := find()):
            return found
    raise LocalError(
        "the page's tests need Chromium, and it could not be installed: install it (apt-get install chromium)"
    )


def installers() -> list[list[list[str]]]:
    """Return the ways Chromium may be installed here, the likeliest first; each is a list of commands."""
    own = [[sys.executable, "-m", "playwright", "install", "chromium"]]
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        return [own]
    own[0].insert(-1, "--with-deps")
    system = [["apt-get", "update"], ["apt-get", "install", "-y", "--no-install-recommends", "chromium"]]
    # Ubuntu's chromium package is a snap, which containers cannot run.
    return [system, own] if is_debian() else [own, system]


def run(command: list[str]) -> bool:
    """Run a command, shown to the person at the terminal, and tell whether it worked."""
    print(f"  {' '.join(command)}", flush=True)
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive", "PLAYWRIGHT_DOWNLOAD_CONNECTION_TIMEOUT": "15000"}
    return subprocess.run(command, env=environment, check=False).returncode == 0  # noqa: S603 - our own arguments


def is_debian() -> bool:
    """Tell Debian from what descends from it."""
    release = Path("/etc/os-release")
    return release.exists() and "ID=debian" in release.read_text(encoding="utf-8").splitlines()
