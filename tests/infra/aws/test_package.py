"""The layer's pinned requirements follow the lock, and artifacts hold bytecode that Python uses."""

import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

from infra.aws.package import REQUIREMENTS, compile_all, find_interpreter, find_uv, package_function

ROOT = Path(__file__).resolve().parents[3]


def test_requirements_follow_the_lock() -> None:
    uv = find_uv()
    assert uv is not None, "the launcher installs uv"
    command = [uv, "export", "-q", "--frozen", "--only-group", "lambda", "--no-annotate", "--no-header"]
    exported = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert REQUIREMENTS.read_text() == exported


def test_bytecode_in_an_artifact_is_used(tmp_path: Path) -> None:
    package_function(ROOT / "lambda" / "kb", tmp_path)
    compile_all(tmp_path, sysconfig.get_python_version(), mounted="/var/task")
    (tmp_path / "kb_api" / "__init__.py").touch()  # a zip's dates are not the build's
    probe = (
        "import sys; sys.path.insert(0, sys.argv[1]); import kb_api; print(kb_api.__cached__, kb_api.__spec__.cached)"
    )
    verbose = subprocess.run(
        [sys.executable, "-v", "-B", "-c", probe, str(tmp_path)], capture_output=True, text=True, check=True
    )
    assert "matches" in verbose.stderr
    assert f"code object from '{tmp_path}/kb_api/__pycache__" in verbose.stderr


def test_without_the_target_python_the_build_says_what_it_costs(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    compile_all(tmp_path, "2.6", mounted="/var/task")
    assert "No Python 2.6 found" in capfd.readouterr().err
    assert find_interpreter("2.6") is None
