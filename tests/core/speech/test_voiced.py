"""Questions know whether they are spoken, as clips come and go."""

import pytest

from shared.db import Database
from shared.repositories.content import store_pack
from tests.conftest import ALPHA, ALPHA_TENANT
from tests.core.speech.conftest import Counter
from tests.support.packs import a_pack, a_question

JOBS = "/api/tts/pregen/jobs"


def spoken(database: Database) -> list[str]:
    with database.unit(ALPHA) as unit:
        found = unit.value(
            list[str],
            """SELECT coalesce(array_agg(id ORDER BY id), '{}') FROM questions
               WHERE tenant_id = %(tenant_id)s AND has_audio""",
        )
    return found.result


async def speak(counter: Counter, **changes: object) -> None:
    order = {"name": "Own", "source_type": "knowledge-bowl", "source_id": "own", **changes}
    job = (await (await counter.call("POST", JOBS, json=order)).json())["job"]
    assert (await counter.call("POST", f"{JOBS}/{job['id']}/start")).status == 200
    assert await counter.foreman.work_off() == 1


@pytest.fixture(autouse=True)
def pack(database: Database, staff: None) -> None:
    del staff
    tossup = a_question("a-1", question_text="This is wet. (*) Name it.", answer_text="<u>water</u> [accept H2O]")
    with database.unit(ALPHA) as unit:
        store_pack(unit, a_pack("own", tossup, a_question("a-2")))


async def test_what_is_prepared_is_noted_and_what_is_removed_no_more(counter: Counter, database: Database) -> None:
    await speak(counter, tts_config={"voice_id": "amy"})
    assert spoken(database) == []  # in another voice than questions are read in
    await speak(counter)
    assert spoken(database) == ["a-1", "a-2"]
    assert "This is wet. Name it." in counter.tts.asked
    assert "water" in counter.tts.asked
    text = {"text": "This is wet. Name it."}
    assert (await counter.call("DELETE", "/api/tts/cache", params=text)).status == 200
    assert spoken(database) == ["a-2"]
    await speak(counter)
    assert spoken(database) == ["a-1", "a-2"]
    assert (await counter.call("DELETE", "/api/tts/cache", params={"confirm": "true"})).status == 200
    assert spoken(database) == []


async def test_another_look_notes_what_is_not_there_any_more(counter: Counter, database: Database) -> None:
    await speak(counter)
    for clip in counter.shelf.clips(ALPHA_TENANT):
        counter.shelf.store.delete(clip.key)
    counter.service.desktop.desk.cache.forget()
    counter.tts.refuses = "What is a-2?"
    await speak(counter)
    assert spoken(database) == ["a-1"]
