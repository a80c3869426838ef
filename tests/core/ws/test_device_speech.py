from tests.core.ws.conftest import CONFIG, SESSION, House

QUESTION = {"type": "text_input", "text": "What is light?"}


async def test_a_phone_that_speaks_itself_is_sent_sentences_and_no_sound(house: House) -> None:
    phone = await house.configured(speech="device")
    await phone.say(QUESTION)
    await phone.until("sentence")
    ended = await phone.until("turn_complete")
    said = [item for item in phone.received if isinstance(item, dict) and item["type"] == "sentence"]
    assert [(each["index"], each["text"]) for each in said] == [(0, "Light scatters."), (1, "Blue most.")]
    assert {each["turn_id"] for each in said} == {ended["turn_id"]}
    assert [each["position_ms"] for each in said] == [0, said[0]["duration_ms"]]
    told = [kind for kind in phone.types if kind != "llm_complete"]  # which may come sooner or later
    assert told[-4:] == ["tts_start", "sentence", "tts_complete", "turn_complete"]
    assert house.tts.pieces == []
    assert house.session.turns[-1].text == "Light scatters. Blue most."
    await phone.say(CONFIG)
    await phone.until("ready")
    await phone.say(QUESTION)
    await phone.until("turn_complete")
    assert "(sound)" in phone.types
    assert house.tts.pieces == ["Light scatters.", "Blue most."]


async def test_what_a_phone_has_spoken_is_what_is_stored(house: House) -> None:
    house.llm.tokens = ("Light is a wave that needs nothing at all to travel in.", " Blue scatters most.")
    phone = await house.configured(speech="device")
    await phone.say(QUESTION)
    sentence = await phone.until("sentence")
    played = sentence["duration_ms"] * len("Light is a wave ") // len(sentence["text"]) - 30
    await phone.say({"type": "playback_ack", "turn_id": sentence["turn_id"], "played_ms": played})
    await phone.say({"type": "cancel"})
    await phone.until("interrupted")
    await phone.until("turn_complete")
    assert house.session.turns[-1].text == "Light is a wave"
    assert house.session.turns[-1].interrupted


async def test_nobody_else_than_these_two_can_speak(house: House) -> None:
    phone = await house.call()
    await phone.say({**CONFIG, "speech": "radio"})
    assert (await phone.until("error"))["code"] == "INVALID_MESSAGE"


async def test_a_learner_who_has_gone_away_is_told_and_may_come_back() -> None:
    house = House(idle_learner_s=1)
    await house.start()
    phone = await house.configured()
    problem = await phone.until("error")
    assert (problem["code"], problem["recoverable"]) == ("IDLE_TIMEOUT", True)
    assert await phone.close_code() == 1000
    again = await house.configured()
    assert again.received[0] == {"type": "ready", "session_id": SESSION, "sample_rate": 16_000, "resumed": False}
    await house.stop()
