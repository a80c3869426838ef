"""The smoke test and the doctor, in front of a running server and of things that are not one."""

import json
import re
import socket
from pathlib import Path

import pytest

from tests.support.installation import Installation, run

STEPS = ["health", "credential", "curriculum", "session", "voice turn", "end of session", "cached sentence"]


def states(output: str) -> dict[str, str]:
    found = re.findall(r"^(ok|failed) +(\w[\w ]*?) +\d+ ms", output, re.MULTILINE)
    return {name: state for state, name in found}


def test_a_running_server_passes_and_a_wrong_token_does_not(tmp_path: Path) -> None:
    with Installation(tmp_path) as server:
        passed = run("smoke", "--data-dir", tmp_path)
        assert states(passed.stdout) == dict.fromkeys(STEPS, "ok"), passed.stdout
        assert passed.stdout.endswith("Everything works.\n")
        wrong = run("smoke", "--url", server.url, "--token", "uma_beta_2026_wrong", "--data-dir", tmp_path)
        assert states(wrong.stdout) == {"health": "ok", "credential": "failed"}
        assert wrong.stdout.endswith("Failed: credential\n")
        looked = run("doctor", "--json", "--data-dir", tmp_path)
        checks = {check["check"]: check["state"] for check in json.loads(looked.stdout)["checks"]}
        assert (checks["installation"], checks["database"], checks["storage"], checks["server"]) == ("ok",) * 4
        assert (looked.returncode, passed.returncode, wrong.returncode) == (0, 0, 1)


def test_nobody_answers() -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port = listener.getsockname()[1]
    done = run("smoke", "--url", f"http://127.0.0.1:{port}", "--token", "x")
    assert done.returncode == 1
    assert states(done.stdout) == {"health": "failed", "credential": "failed"}
    assert "does not answer (ClientConnectorError)" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((), "no server is running here"),
        (("--url", "http://127.0.0.1:1"), "as whom: give --token"),
        (("--url", "http://127.0.0.1:1", "--email", "a@b.example", "--password-file", "none"), "none cannot be read"),
    ],
)
def test_what_is_missing_is_one_line(tmp_path: Path, arguments: tuple[str, ...], message: str) -> None:
    done = run("smoke", *arguments, "--data-dir", tmp_path, cwd=tmp_path)
    assert (done.returncode, done.stderr.count("\n"), message in done.stderr) == (1, 1, True), done.stderr
