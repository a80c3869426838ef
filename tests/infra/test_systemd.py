"""The systemd units start the entry point, know its settings, and may do little else."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from infra.local.server import ROOT
from infra.server.__main__ import COMMANDS
from infra.server.serving import API_PATIENCE_S
from tests.docs.test_settings import documented

FOLDER = ROOT / "infra" / "systemd"
UNITS = {path.name.partition(".")[0].strip("@").removeprefix("unamentis-"): path for path in FOLDER.glob("*.service")}
# What every unit must say, so that one that drops a line is seen on machines without systemd too.
BOUNDS = {
    "NoNewPrivileges": "yes",
    "ProtectSystem": "strict",
    "ProtectHome": "yes",
    "PrivateTmp": "yes",
    "PrivateDevices": "yes",
    "CapabilityBoundingSet": "",
    "MemoryDenyWriteExecute": "yes",
    "RestrictAddressFamilies": "AF_INET AF_INET6 AF_UNIX",
    "SystemCallArchitectures": "native",
    "UMask": "0077",
    "User": "unamentis",
}
# The scale is systemd's, from 0 to 10: below 2 is what it calls OK.
MOST_EXPOSED = 1.5


def lines(unit: str) -> list[tuple[str, str]]:
    pairs = re.findall(r"(?m)^(\w+)=(.*)$", UNITS[unit].read_text())
    return [(name, value) for name, value in pairs]


def test_there_is_one_for_each_part() -> None:
    assert set(UNITS) == {"api", "core", "migrate"}


@pytest.mark.parametrize("unit", ["api", "core", "migrate"])
def test_it_starts_the_entry_point_with_its_settings(unit: str) -> None:
    (start,) = [value for name, value in lines(unit) if name == "ExecStart"]
    assert start == f"/opt/unamentis/.venv/bin/python -m infra.server {unit}"
    assert unit in COMMANDS
    named = {
        pair.partition("=")[0] for name, value in lines(unit) if name == "Environment" for pair in value.split()
    } - {"PYTHONPATH", "PYTHONUNBUFFERED", "PYTHONDONTWRITEBYTECODE"}
    assert named <= documented()
    owner = [value for name, value in lines(unit) if name == "EnvironmentFile" and "owner" in value]
    assert bool(owner) == (unit == "migrate")


@pytest.mark.parametrize("unit", ["api", "core", "migrate"])
def test_it_is_bounded(unit: str) -> None:
    said = dict(lines(unit))
    assert said | BOUNDS == said
    if unit != "migrate":
        assert ("Requires", "unamentis-migrate.service") in lines(unit)
        assert int(said["TimeoutStopSec"]) > (API_PATIENCE_S if unit == "api" else 75 + 2)


@pytest.mark.parametrize("unit", ["api", "core", "migrate"])
def test_systemd_finds_nothing_and_little_exposed(unit: str, tmp_path: Path) -> None:
    if (analyze := shutil.which("systemd-analyze")) is None:
        return  # not this kind of machine: the bounds above are all there is to look at
    for path in UNITS.values():
        # The programs are not installed here.
        text = path.read_text().replace("/opt/unamentis/.venv/bin/python", shutil.which("sh") or "/bin/sh")
        (tmp_path / path.name).write_text(re.sub(r"(?m)^Documentation=.*\n", "", text))
    file = tmp_path / UNITS[unit].name
    verified = subprocess.run([analyze, "verify", file], capture_output=True, text=True, check=False)
    assert [line for line in verified.stderr.splitlines() if "unamentis" in line] == []
    security = [analyze, "security", "--offline=true", f"--threshold={MOST_EXPOSED * 10:.0f}", file]
    done = subprocess.run(security, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-200:] + done.stderr
