"""`./unamentis test`: everything that must hold before a change goes in, with one command."""

import os
import subprocess
import sys
import time
import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from infra.edge import toolchain
from infra.local import brokers, browser

ROOT: Final = Path(__file__).resolve().parents[2]

# Arguments for our Python rather than scripts on the PATH, whose first line breaks when the checkout is moved.
PYTEST: Final = ["-m", "pytest"]
CHECKS: Final = {
    "format": ["-m", "ruff", "format", "--check", "."],
    "lint": ["-m", "ruff", "check", "."],
    "types": ["-m", "pyright"],
    "layers": ["-c", "from importlinter.cli import lint_imports_command; lint_imports_command()"],
    "tests": PYTEST,
}


def check(pytest_arguments: Sequence[str] = ()) -> int:
    """Run every check and every test, and say what failed; with arguments, only pytest with those.

    Raises: LocalError: the tests need something that cannot be installed here.
    """
    environment = tools_environment()
    browser.ensure()
    toolchain.ensure()
    brokers.ensure()
    if pytest_arguments:
        return run([*PYTEST, *pytest_arguments], environment)
    failed: list[str] = []
    for title, command in CHECKS.items():
        print(f"== {title}", flush=True)
        begin = time.monotonic()
        if run(command, environment) != 0:
            failed.append(title)
        print(f"   {time.monotonic() - begin:.0f} s", flush=True)
    print(f"Failed: {', '.join(failed)}" if failed else "Everything passed.", flush=True)
    return 1 if failed else 0


def tools_environment() -> dict[str, str]:
    """Return the environment the tools run in: ours first on the PATH, every code root importable."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    roots = [str(ROOT / root) for root in project["tool"]["pytest"]["ini_options"]["pythonpath"]]
    programs = str(Path(sys.executable).parent)
    return dict(os.environ) | {
        "PATH": f"{programs}{os.pathsep}{os.environ.get('PATH', os.defpath)}",
        "PYTHONPATH": os.pathsep.join(roots),
        # Hundreds of processes import the same modules: each would compile all of them again.
        "PYTHONDONTWRITEBYTECODE": "",
        # pyright would otherwise advertise newer versions of itself.
        "PYRIGHT_PYTHON_IGNORE_WARNINGS": "1",
    }


def run(command: list[str], environment: dict[str, str]) -> int:
    """Run one of the environment's tools from the project's root and return its status."""
    return subprocess.run([sys.executable, *command], cwd=ROOT, env=environment, check=False).returncode  # noqa: S603 - ours
