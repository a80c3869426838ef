"""AWS's own tool accepts the template and builds every function without Docker."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from infra.aws.package import LAMBDA_PYTHON, find_interpreter, find_uv

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture(scope="module")
def sam() -> Path:
    """The SAM command line in an environment of its own: it pins its own boto3."""
    uv = find_uv()
    assert uv is not None, "the launcher installs uv"
    home = ROOT / ".unamentis" / "sam"
    environment = os.environ | {"UV_PROJECT_ENVIRONMENT": str(home), "UV_PYTHON_DOWNLOADS": "never"}
    environment.pop("VIRTUAL_ENV", None)
    command = [uv, "sync", "-q", "--frozen", "--only-group", "sam", "--python", sys.executable]
    subprocess.run(command, cwd=ROOT, env=environment, check=True)
    return home / "bin" / "sam"


def run(sam: Path, *arguments: str, cwd: Path = ROOT) -> str:
    environment = os.environ | {
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": "unused",
        "AWS_SECRET_ACCESS_KEY": "unused",
        "SAM_CLI_TELEMETRY": "0",
        # Neither Docker nor this environment's own tools.
        "PATH": f"{sam.parent}:{sys.base_prefix}/bin:/usr/local/bin:/usr/bin:/bin",
    }
    done = subprocess.run([sam, *arguments], cwd=cwd, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


def test_validate_finds_nothing(sam: Path) -> None:
    assert "valid SAM Template" in run(sam, "validate", "--lint")


def test_build_makes_every_artifact(sam: Path, tmp_path: Path) -> None:
    run(sam, "build", "--build-dir", str(tmp_path / "build"), "--cache-dir", str(tmp_path / "cache"))
    built = tmp_path / "build"
    for service in ("auth", "kb", "curriculum", "sessions", "metrics", "admin", "migrate"):
        assert (built / "Api" / f"{service.capitalize()}Function" / f"{service}_api" / "handler.py").is_file()
    layer = built / "Api" / "SharedLayer" / "python"
    assert (layer / "shared" / "db" / "migrations" / "0001_tenancy.sql").is_file()
    assert list(layer.glob("psycopg_binary/*aarch64*.so")), "wheels of the target's platform"
    assert not list(layer.glob("**/*x86_64*.so"))
    compiled = [path for path in built.glob("**/*.pyc") if f"cpython-{LAMBDA_PYTHON.replace('.', '')}" in path.name]
    assert bool(compiled) == (find_interpreter(LAMBDA_PYTHON) is not None)
