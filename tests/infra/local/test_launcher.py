"""The launcher as a newcomer meets it: a copy of what it needs, in a folder of its own."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
CLOSED_PROXY = "http://127.0.0.1:9"


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    folder = tmp_path / "a checkout"
    folder.mkdir()
    for name in ("unamentis", "uv.lock", "pyproject.toml"):
        shutil.copy(ROOT / name, folder / name)
    for name in ("infra", "shared"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    return folder


def launch(checkout: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    inherited = {name: value for name, value in os.environ.items() if name != "PYTHON"}
    return subprocess.run(
        [checkout / "unamentis", *arguments],
        env=inherited | environment,
        cwd=checkout.parent,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("arguments", [("--help",), (), ("up", "--help"), ("ask", "-h")])
def test_help_installs_nothing(checkout: Path, arguments: tuple[str, ...]) -> None:
    done = launch(checkout, *arguments)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("usage: unamentis")
    assert not (checkout / ".venv").exists()
    assert not (checkout / ".unamentis").exists()
    assert list(checkout.rglob("__pycache__")) == []


def test_a_machine_without_python_is_told_what_to_install(checkout: Path, tmp_path: Path) -> None:
    tools = tmp_path / "tools"
    tools.mkdir()
    for tool in ("sh", "dirname", "cmp"):
        found = shutil.which(tool)
        assert found is not None
        (tools / tool).symlink_to(found)
    done = launch(checkout, "up", PATH=str(tools))
    assert done.returncode == 1
    assert done.stderr.startswith("unamentis: needs Python 3.11 to 3.14, and none is on the PATH: install one")
    assert done.stderr.count("\n") == 1


def test_an_unusable_python_is_named(checkout: Path) -> None:
    done = launch(checkout, "up", PYTHON="/bin/false")
    assert (done.returncode, done.stderr) == (1, "unamentis: PYTHON=/bin/false is not Python 3.11 to 3.14\n")


def test_no_network_is_told_in_one_line(checkout: Path) -> None:
    done = launch(
        checkout,
        "up",
        HTTPS_PROXY=CLOSED_PROXY,
        PIP_RETRIES="0",
        PIP_NO_INDEX="",
        PYTHON=sys.executable,
        UV_OFFLINE="1",
    )
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1].startswith("unamentis: the package index (pypi.org) does not answer")
    assert "Traceback" not in done.stderr


def test_a_warm_start_installs_nothing_and_passes_the_arguments_on(checkout: Path) -> None:
    programs = checkout / ".venv" / "bin"
    programs.mkdir(parents=True)
    (programs / "python").write_text('#!/bin/sh\nprintf "%s|" "$PYTHONPATH" "$@"\n')
    (programs / "python").chmod(0o755)
    shutil.copy(checkout / "uv.lock", checkout / ".venv" / "made-from-run.lock")
    done = launch(checkout, "ask", "Why is the sky blue?", "--topic", "a b")
    expected = [str(checkout), "-P", "-m", "infra.local.cli", "ask", "Why is the sky blue?", "--topic", "a b", ""]
    assert done.stdout.split("|") == expected
    assert done.stderr == ""


def test_a_changed_lock_installs_again(checkout: Path) -> None:
    programs = checkout / ".venv" / "bin"
    programs.mkdir(parents=True)
    (programs / "python").symlink_to("/bin/false")
    (checkout / ".venv" / "made-from-run.lock").write_text("an older lock\n")
    done = launch(checkout, "up", HTTPS_PROXY=CLOSED_PROXY, PIP_RETRIES="0")
    assert done.returncode == 1
    assert done.stderr.startswith("Fetching the installer, uv ")
