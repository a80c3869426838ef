"""A newcomer's first minutes: `up`, the page, a question aloud, and nothing left behind."""

import json
import re
import signal
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.hearing import heard_words, share_heard, word_error
from tests.support.installation import ROOT, Installation, run

SAMPLE = ROOT / "samples" / "question.wav"
SPOKEN = (ROOT / "samples" / "question.txt").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    with Installation(tmp_path_factory.mktemp("up") / "data") as made:
        yield made


def call(installation: Installation, path: str, token: str | None = None, body: object = None) -> Any:
    """Send a request, a POST when there is a body, and return JSON or text."""
    data = None if body is None else json.dumps(body).encode()
    headers = {"Content-Type": "application/json"} | ({"Authorization": f"Bearer {token}"} if token else {})
    request = urllib.request.Request(installation.url + path, data, headers)  # noqa: S310 - http on loopback
    with urllib.request.urlopen(request) as answer:  # noqa: S310 - as above
        content = answer.read()
        return (
            json.loads(content) if answer.headers["Content-Type"].startswith("application/json") else content.decode()
        )


def hold_session(installation: Installation) -> str:
    """Store a session with one turn and return its id."""
    wanted = {"curriculum_id": "light-and-colour", "topic_id": "why-the-sky-is-blue"}
    session = call(installation, "/api/sessions", installation.token, wanted)["id"]
    call(installation, f"/api/sessions/{session}/start", installation.token, {})
    turn = {"role": "user", "content": "Why is the sky blue?"}
    call(installation, f"/api/sessions/{session}/turns", installation.token, turn)
    return session


def sessions(installation: Installation) -> list[tuple[str, int]]:
    """Return id and number of turns of every stored session."""
    found = call(installation, "/api/sessions", installation.token)["sessions"]
    return [(session["id"], session["turn_count"]) for session in found]


def test_the_page_is_there_and_the_token_works(installation: Installation) -> None:
    assert "<title>UnaMentis</title>" in call(installation, "/")
    curricula = call(installation, "/api/curricula", installation.token)["curricula"]
    assert {curriculum["id"] for curriculum in curricula} >= {"light-and-colour"}


def test_a_spoken_question_is_understood_and_answered_aloud(installation: Installation, tmp_path: Path) -> None:
    done = run("ask", SAMPLE, "--data-dir", installation.data.path, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    heard, said = re.search(r"You: +(.*)\n", done.stdout), re.search(r"Tutor: +(.*)\n", done.stdout)
    assert heard, done.stdout
    assert said, done.stdout
    assert word_error(SPOKEN, heard[1]) <= 0.15
    assert "scatter" in said[1].lower()
    assert re.search(r"speech to text +\d+ ms", done.stdout)
    assert re.search(r"voice to voice +\d+ ms", done.stdout)
    answer, first = (tmp_path / "answer.wav").read_bytes(), said[1].partition(".")[0]
    # Nine seconds of speech.
    assert share_heard(first, heard_words(answer, [first], seconds=9)) >= 0.5


def test_a_typed_question_is_answered_aloud_and_logged_without_a_word_of_it(
    installation: Installation, tmp_path: Path
) -> None:
    done = run("ask", "What is wavelength?", "--data-dir", installation.data.path, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "wave" in done.stdout.partition("Tutor:")[2].lower()
    assert (tmp_path / "answer.wav").stat().st_size > 16_000
    log = (installation.data.path / "server.log").read_text(encoding="utf-8")
    assert "request_handled" in log
    assert "wave" not in log
    assert "/ws/audio" not in log
    # The terminal shows the newcomer's own token, in the page's address and beside it, and no other.
    shown = installation.output.replace(f"#token={installation.token}", "").replace(installation.token, "")
    assert not re.search(r"uma_(?!beta_\*)|ticket=|token=", log + shown)


def test_an_unknown_topic_is_told_in_one_line(installation: Installation, tmp_path: Path) -> None:
    done = run("ask", "Why?", "--topic", "no-such-topic", "--data-dir", installation.data.path, cwd=tmp_path)
    assert done.returncode == 1
    assert done.stderr.startswith("unamentis: the server refused: ")
    assert done.stderr.count("\n") == 1


def test_a_second_start_on_the_same_data_is_refused(installation: Installation) -> None:
    done = run("up", "--port", "0", "--data-dir", installation.data.path)
    assert done.returncode == 1
    assert f"is in use by the server at {installation.url}" in done.stderr


def test_however_it_ends_nothing_runs_on_and_everything_is_remembered(tmp_path: Path) -> None:
    with Installation(tmp_path / "data") as first:
        session = hold_session(first)
        assert first.stop(signal.SIGTERM) == 0
        assert first.output.endswith("Stopped.\n")
        first.assert_nothing_runs()
        assert "no server is running here" in run("ask", "Why?", "--data-dir", first.data.path).stderr
    with Installation(tmp_path / "data") as second:
        assert second.token == first.token
        assert sessions(second) == [(session, 1)]
        second.stop(signal.SIGKILL)
        second.assert_nothing_runs()
    with Installation(tmp_path / "data") as third:
        assert sessions(third) == [(session, 1)]
        assert third.stop(signal.SIGINT) == 0
        third.assert_nothing_runs()


def test_a_database_of_ones_own_is_used_instead(tmp_path: Path, database_url: str) -> None:
    with Installation(tmp_path / "data", environment={"DATABASE_URL": database_url}) as made:
        assert "Starting the database" not in made.output
        assert call(made, "/api/curricula", made.token)["curricula"]
        assert made.stop() == 0
    assert not made.data.postgres.exists()
