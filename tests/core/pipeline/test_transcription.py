import asyncio

import pytest

from core.pipeline.transcription import Transcription
from shared.errors import ProviderUnavailable
from tests.fakes.vendors import HANG_UP, FakeRecogniser


def begin(stt: FakeRecogniser, patience_s: float = 5) -> Transcription:
    return Transcription(stt, language="en-US", phrases=(), patience_s=patience_s)


async def test_an_utterance_is_heard_whole_and_in_order() -> None:
    stt = FakeRecogniser(" Why? ")
    transcription = begin(stt)
    transcription.offer(b"aa")
    await asyncio.sleep(0)
    transcription.offer(b"bb")
    transcription.close()
    transcription.close()
    heard = await transcription.result()
    assert (heard.text, heard.confidence) == ("Why?", 0.9)
    assert stt.utterances == [b"aabb"]


async def test_a_failure_and_a_time_out_are_the_vendors() -> None:
    stt = FakeRecogniser("Why?")
    stt.failure = HANG_UP
    failing = begin(stt)
    failing.close()
    with pytest.raises(ProviderUnavailable, match="hung up"):
        await failing.result()
    stt.may_answer.clear()
    slow = begin(stt, patience_s=0)
    slow.close()
    with pytest.raises(ProviderUnavailable, match="in time"):
        await slow.result()
    assert stt.cancelled == 1


async def test_a_cancelled_one_ends() -> None:
    stt = FakeRecogniser("Why?")
    transcription = begin(stt)
    await asyncio.sleep(0)
    transcription.cancel()
    await asyncio.wait({transcription.task})
    assert stt.cancelled == 1
