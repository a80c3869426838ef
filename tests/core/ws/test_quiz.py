"""A quiz over the voice socket, from the first question to what is stored."""

from collections.abc import AsyncIterator
from typing import Any

import psycopg
import pytest
from kb_api.routes import routes

from core.quizzes import StoredQuizzes
from shared.api import Context, Service
from shared.auth.caller import Caller
from shared.db import Database
from shared.errors import Unauthenticated
from shared.repositories.content import store_pack
from tests.conftest import ALPHA, ALPHA_TENANT, ALPHA_USER
from tests.core.ws.conftest import House, Phone
from tests.fakes.detector import SILENCE, SPEECH
from tests.support.api import ApiClient
from tests.support.identity import add_auth_session
from tests.support.packs import a_pack, a_question

CAPITALS = {
    "France": "Paris", "Italy": "Rome", "Spain": "Madrid", "Japan": "Tokyo", "Peru": "Lima",
    "Norway": "Oslo", "Egypt": "Cairo", "Cuba": "Havana", "Ghana": "Accra", "Chile": "Santiago",
}  # fmt: skip


class QuizHouse(House):
    """The application with quizzes in a real database; its caller is a real learner."""

    auth_session = ""

    def authenticate(self, token: str | None, address: str) -> Caller:
        if token is None:
            raise Unauthenticated("the token is not valid")
        return Caller("session", ALPHA_TENANT, self.auth_session, ALPHA_USER, address=address)


@pytest.fixture
async def house(database: Database) -> AsyncIterator[QuizHouse]:
    questions = [
        a_question(f"cap-{at}", question_text=f"Name the capital. (*) It is in {country}.", answer_text=city,
                   answer_type="place", difficulty=at % 5 + 1)
        for at, (country, city) in enumerate(CAPITALS.items())
    ]  # fmt: skip
    with database.unit(ALPHA) as unit:
        store_pack(unit, a_pack("capitals", *questions))
        store_pack(unit, a_pack("empty"))
    made = QuizHouse(quizzes=StoredQuizzes(database))
    made.auth_session = add_auth_session(database, ALPHA)
    await made.start()
    yield made
    await made.stop()


async def answer_aloud(phone: Phone, house: QuizHouse, words: str) -> None:
    house.stt.words = [words]
    await phone.say(SPEECH * 8 + SILENCE * 11)


async def begin(house: QuizHouse, **order: Any) -> Phone:
    phone = await house.configured()
    await phone.say({"type": "quiz_start", "pack_id": "capitals", **order})
    return phone


async def test_ten_questions_are_played_and_stored(
    house: QuizHouse, alpha_token: str, context: Context, database_url: str
) -> None:
    phone = await begin(house)
    missed = {3: "Kyoto", 7: "pass"}
    results: list[dict[str, Any]] = []
    for at, city in enumerate(CAPITALS.values()):
        asked = await phone.until("quiz_question")
        assert (asked["position"], asked["total"], asked["kind"]) == (at, 10, "toss_up")
        if at == 0:
            await phone.until("turn_complete")
        # Every other answer is typed.
        words = missed.get(at, city)
        if at % 2:
            await phone.say({"type": "text_input", "text": words})
        else:
            await answer_aloud(phone, house, words)
        results.append(await phone.until("quiz_result"))
    ended = await phone.until("quiz_ended")
    assert (ended["answered"], ended["correct"], ended["score"]) == (10, 8, results[-1]["score"])
    assert [result["matched"] for result in results] == [at not in missed for at in range(10)]
    assert all(type(result[name]) is int for result in results for name in ("points", "score", "pace_ms", "target_ms"))
    await phone.socket.close()
    await house.stop_talking()

    reader = ApiClient(Service(routes, context), alpha_token)
    (quiz,) = reader.get("/api/kb/quizzes").body["quizzes"]
    assert (quiz["answered"], quiz["correct"], quiz["score"]) == (10, 8, ended["score"])
    assert (quiz["pack_id"], quiz["id"]) == ("capitals", ended["quiz_id"])
    assert "ended_at" in quiz
    detail = reader.get(f"/api/kb/quizzes/{quiz['id']}").body
    assert [answer["matched"] for answer in detail["answers"]] == [at not in missed for at in range(10)]
    assert detail["answers"][7]["rule"] == "passed"
    assert sum(answer["points"] for answer in detail["answers"]) == ended["score"]
    with psycopg.connect(database_url) as connection:
        due = connection.execute("SELECT question_id, box FROM quiz_cards WHERE missed > 0 ORDER BY 1").fetchall()
    assert due == [("cap-3", 0), ("cap-7", 0)]


async def test_who_buzzes_before_the_mark_has_power_and_missed_questions_come_first(
    house: QuizHouse, database_url: str
) -> None:
    house.tts.seconds = 30
    phone = await begin(house, count=1)
    await phone.until("tts_start")
    await phone.say({"type": "buzz"})
    await phone.until("turn_complete")
    await phone.say({"type": "text_input", "text": "paris"})
    listen = await phone.until("llm_complete")
    assert listen["text"].startswith("Listen.")  # nothing of the question was heard
    await phone.say({"type": "quiz_stop"})
    assert (await phone.until("quiz_ended"))["answered"] == 0
    house.tts.seconds = 0.02
    await phone.say({"type": "quiz_start", "pack_id": "capitals", "count": 1})
    await phone.until("quiz_question")
    await phone.until("turn_complete")
    await phone.say({"type": "text_input", "text": "berlin"})
    assert (await phone.until("quiz_result"))["points"] == 0
    await phone.until("quiz_ended")
    with psycopg.connect(database_url) as connection:
        connection.execute("UPDATE quiz_cards SET due_at = now() - interval '1 second'")
    await phone.say({"type": "quiz_start", "pack_id": "capitals", "count": 2})
    assert (await phone.until("quiz_question"))["question_id"] == "cap-0"


async def test_after_a_quiz_the_tutor_answers_again(house: QuizHouse) -> None:
    phone = await begin(house, count=1)
    await phone.until("turn_complete")
    await phone.say({"type": "text_input", "text": "Paris"})
    verdict = await phone.until("llm_complete")
    assert verdict["text"].startswith("Correct. 10 points. That was the last one. 1 of 1 right, 10 points.")
    await phone.until("quiz_ended")
    await phone.say({"type": "text_input", "text": "What is light?"})
    assert (await phone.until("llm_complete"))["text"] == "Light scatters. Blue most."


@pytest.mark.parametrize(
    ("order", "code"),
    [
        ({"pack_id": "nope"}, "PACK_NOT_FOUND"),
        ({"pack_id": "empty"}, "NO_QUESTIONS"),
        ({"question_types": ["bonus"]}, "NO_QUESTIONS"),
        ({"count": 0}, "INVALID_MESSAGE"),
        ({"region": "utopia"}, "INVALID_MESSAGE"),
        ({"question_types": ["odd"]}, "INVALID_MESSAGE"),
    ],
)
async def test_what_is_no_quiz_is_told(house: QuizHouse, order: dict[str, Any], code: str) -> None:
    phone = await begin(house, **order)
    assert (await phone.until("error"))["code"] == code
    await phone.say({"type": "ping"})
    await phone.until("pong")
