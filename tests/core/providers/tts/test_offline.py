"""What espeak-ng says is speech: pocketsphinx hears the tutor's answers."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from core.providers.streams import closing
from core.providers.tts.offline import EspeakNg
from core.providers.tts.port import Voice
from core.speech.formats import to_wav
from shared.domain.stems import sentences
from shared.domain.tutoring import reply
from tests.support.hearing import heard_words, share_heard
from tests.support.seed_lessons import seed_lessons

QUESTIONS = {
    "why-the-sky-is-blue": "Why is the sky blue?",
    "what-a-cell-is": "What does the nucleus do?",
}


@pytest.fixture
async def tts() -> AsyncIterator[EspeakNg]:
    made = EspeakNg()
    yield made
    await made.close()


@pytest.mark.parametrize("topic", QUESTIONS)
async def test_at_least_half_the_words_of_an_answer_are_heard(tts: EspeakNg, topic: str) -> None:
    answer = reply(seed_lessons()[topic], QUESTIONS[topic])
    said = sentences(answer)
    pcm = b"".join([chunk for sentence in said async for chunk in tts.speak(sentence, voice=Voice())])
    heard = await asyncio.to_thread(heard_words, to_wav(pcm, tts.sample_rate), said)
    assert share_heard(answer, heard) >= 0.5


async def test_a_listener_who_leaves_stops_the_sentence(tts: EspeakNg) -> None:
    async with closing(tts.speak("The sky is blue. " * 500, voice=Voice())) as audio:
        assert await anext(audio)
    # The next sentence does not wait until the long one would have been over.
    assert b"".join([chunk async for chunk in tts.speak("Stop.", voice=Voice())])
