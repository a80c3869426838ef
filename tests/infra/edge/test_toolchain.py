"""The edge's tools need nothing of this machine: the environment's own Node.js runs what the lock names."""

import json
import subprocess
from pathlib import Path

import pytest

from infra.edge import toolchain
from infra.local.errors import LocalError


def test_the_environment_brings_its_own_node_with_its_npm() -> None:
    program = toolchain.node()
    assert "site-packages" in program.parts
    command = toolchain.npm(program)
    assert command[0] == str(program)
    done = subprocess.run([program, "--version"], capture_output=True, text=True, check=True)
    assert int(done.stdout.removeprefix("v").partition(".")[0]) >= 20


def test_what_is_installed_is_what_the_lock_names() -> None:
    toolchain.ensure()
    wanted = json.loads((toolchain.FOLDER / "package.json").read_text(encoding="utf-8"))["devDependencies"]
    for name, version in wanted.items():
        installed = json.loads((toolchain.PACKAGES / name / "package.json").read_text(encoding="utf-8"))
        assert installed["version"] == version


def test_a_lock_that_was_installed_is_not_installed_again(capsys: pytest.CaptureFixture[str]) -> None:
    toolchain.ensure()
    capsys.readouterr()
    toolchain.ensure()
    assert capsys.readouterr().out == ""


def test_a_node_without_npm_is_said_to_be_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(LocalError, match="install npm"):
        toolchain.npm(tmp_path / "bin" / "node")
