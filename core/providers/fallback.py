"""Vendors tried in turn: a fallback is itself a provider, and nobody above it knows.

What was already heard cannot be taken back, so the next vendor is asked only while nothing final has come from the
one that failed. Every utterance, prompt and sentence starts with the first vendor again, unless its breaker is open:
then those that work are asked before it.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Sequence
from typing import Protocol, TypeVar

import numpy as np
import soxr

from core.providers.breaker import Breaker
from core.providers.llm.port import LanguageModel, ModelUsage, Prompt, Token
from core.providers.starting import Rests, start
from core.providers.streams import closing
from core.providers.stt.port import SpeechToText, Transcript
from core.providers.tts.port import TextToSpeech, Voice
from shared.errors import InvalidInput, ProviderUnavailable


class _Closes(Protocol):
    def close(self) -> Awaitable[None]: ...


class _Named(Protocol):
    @property
    def name(self) -> str: ...


Vendor = TypeVar("Vendor", bound=_Closes)


class StandIn(bytes):
    """Audio in another voice than was asked for: to be heard, and not to be kept."""


class FallbackSpeechToText:
    """Recognisers tried in turn; the utterance is kept until it is recognised.

    Args:
        breakers: one for each vendor, where others use the same vendors; new ones otherwise.
    Raises: InvalidInput: no recogniser at all.
    """

    def __init__(self, vendors: Sequence[SpeechToText], breakers: Sequence[Breaker] = ()) -> None:
        self._vendors = _some(vendors)
        self.breakers = _breakers(vendors, breakers)
        self.name, self.model = vendors[0].name, vendors[0].model

    @property
    def vendors(self) -> tuple[SpeechToText, ...]:
        """Who is tried, in this order."""
        return self._vendors

    async def transcribe(
        self, pcm: AsyncIterator[bytes], *, language: str, phrases: Sequence[str]
    ) -> AsyncIterator[Transcript]:
        """Transcribe by the first; where it fails, give the next one the utterance from its beginning."""
        utterance = _Replay(pcm)
        order = _order(self._vendors, self.breakers)
        try:
            for vendor, breaker in order:
                try:
                    with breaker.call() as call:
                        found = vendor.transcribe(utterance.again(), language=language, phrases=phrases)
                        async with closing(found) as transcripts:
                            async for transcript in transcripts:
                                call.answered = True
                                yield transcript
                except ProviderUnavailable:
                    if vendor is order[-1][0]:
                        raise
                else:
                    return
        finally:
            await utterance.close()

    async def warm_up(self) -> None:
        """Start what is slow to start in any of them.

        Raises: ProviderUnavailable: one does not start.
        """
        await start(self._vendors)

    @property
    def resting(self) -> bool:
        """Whether none of them holds anything it could let go of."""
        return all(vendor.resting for vendor in self._vendors if isinstance(vendor, Rests))

    async def rest(self) -> None:
        """Have each let go of what nobody uses now."""
        for vendor in self._vendors:
            if isinstance(vendor, Rests):
                await vendor.rest()

    async def close(self) -> None:
        """Close every vendor."""
        await _close(self._vendors)


class FallbackLanguageModel:
    """Language models tried in turn, until the first token.

    Args:
        breakers: as those of the recognisers.
    Raises: InvalidInput: no model at all.
    """

    def __init__(self, vendors: Sequence[LanguageModel], breakers: Sequence[Breaker] = ()) -> None:
        self._vendors = _some(vendors)
        self.breakers = _breakers(vendors, breakers)
        self.name, self.model = vendors[0].name, vendors[0].model

    @property
    def vendors(self) -> tuple[LanguageModel, ...]:
        """Who is tried, in this order."""
        return self._vendors

    async def reply(self, prompt: Prompt) -> AsyncIterator[Token | ModelUsage]:
        """Stream the answer of the first that begins one."""
        order = _order(self._vendors, self.breakers)
        for vendor, breaker in order:
            began = False
            try:
                with breaker.call() as call:
                    async with closing(vendor.reply(prompt)) as items:
                        async for item in items:
                            began = call.answered = True
                            yield item
            except ProviderUnavailable:
                if began or vendor is order[-1][0]:
                    raise
            else:
                return

    async def warm_up(self) -> None:
        """Connect to each of them. Raises: ProviderUnavailable: one is not there."""
        await start(self._vendors)

    async def close(self) -> None:
        """Close every vendor."""
        await _close(self._vendors)


class FallbackTextToSpeech:
    """Synthesisers tried in turn, until the first audio; a stand-in's audio is brought to the first one's rate.

    Args:
        breakers: as those of the recognisers.
    Raises: InvalidInput: no synthesiser at all.
    """

    def __init__(self, vendors: Sequence[TextToSpeech], breakers: Sequence[Breaker] = ()) -> None:
        self._vendors = _some(vendors)
        self.breakers = _breakers(vendors, breakers)
        self.name, self.model = vendors[0].name, vendors[0].model
        self.sample_rate = vendors[0].sample_rate

    @property
    def vendors(self) -> tuple[TextToSpeech, ...]:
        """Who is tried, in this order."""
        return self._vendors

    async def speak(self, text: str, *, voice: Voice) -> AsyncIterator[bytes]:
        """Speak by the first that begins; a stand-in uses its own default voice, for it does not know the other's."""
        order = _order(self._vendors, self.breakers)
        for vendor, breaker in order:
            first = vendor is self._vendors[0]
            wanted = voice if first else Voice(speed=voice.speed, language=voice.language)
            began = False
            try:
                with breaker.call() as call:
                    async with closing(vendor.speak(text, voice=wanted)) as audio:
                        async for chunk in audio if first else at_rate(audio, vendor.sample_rate, self.sample_rate):
                            began = call.answered = True
                            yield chunk if first else StandIn(chunk)
            except ProviderUnavailable:
                if began or vendor is order[-1][0]:
                    raise
            else:
                return

    async def warm_up(self) -> None:
        """Connect to each of them. Raises: ProviderUnavailable: one is not there."""
        await start(self._vendors)

    async def close(self) -> None:
        """Close every vendor."""
        await _close(self._vendors)


class _Replay:
    """An utterance that can be heard again from its beginning while it still arrives.

    It is read in a task of its own: a vendor that gives up in the middle must not end the learner's stream.
    """

    def __init__(self, source: AsyncIterator[bytes]) -> None:
        self._chunks: list[bytes] = []
        self._is_over = False
        self._news = asyncio.Event()
        self._reading = asyncio.create_task(self._read(source))

    async def again(self) -> AsyncIterator[bytes]:
        """Yield what was heard so far, then what comes."""
        place = 0
        while place < len(self._chunks) or not self._is_over:
            if place == len(self._chunks):
                await self._news.wait()
                continue
            place += 1
            yield self._chunks[place - 1]
        await self._reading  # where the learner's stream failed, so does this one

    async def close(self) -> None:
        """Stop reading."""
        self._reading.cancel()
        await asyncio.wait([self._reading])

    async def _read(self, source: AsyncIterator[bytes]) -> None:
        try:
            async for chunk in source:
                self._chunks.append(chunk)
                self._tell()
        finally:
            self._is_over = True
            self._tell()

    def _tell(self) -> None:
        self._news.set()
        self._news = asyncio.Event()


async def at_rate(audio: AsyncIterator[bytes], source_rate: int, rate: int) -> AsyncIterator[bytes]:
    """Yield the audio at another rate, in whole samples."""
    stream = soxr.ResampleStream(source_rate, rate, 1, dtype="int16", quality="LQ")
    async for chunk in audio:
        converted = stream.resample_chunk(np.frombuffer(chunk, "<i2")).tobytes()
        if converted:
            yield converted
    rest = stream.resample_chunk(np.zeros(0, "<i2"), last=True).tobytes()
    if rest:
        yield rest


def _some(vendors: Sequence[Vendor]) -> tuple[Vendor, ...]:
    if not vendors:
        raise InvalidInput("a fallback needs at least one provider")
    return tuple(vendors)


# A stage whose vendors are tried in turn.
Chain = FallbackSpeechToText | FallbackLanguageModel | FallbackTextToSpeech


def breakers(provider: object) -> tuple[Breaker, ...]:
    """Return the breakers of a stage's vendors; a single vendor has none, for there is nobody to ask in its place."""
    if isinstance(provider, Chain):
        return provider.breakers
    return ()


def _breakers(vendors: Sequence[_Named], given: Sequence[Breaker]) -> tuple[Breaker, ...]:
    return tuple(given) or tuple(Breaker(vendor.name) for vendor in vendors)


def _order(vendors: Sequence[Vendor], breakers: Sequence[Breaker]) -> list[tuple[Vendor, Breaker]]:
    """Return whom to ask, in this order: those that rest come last, for when nobody else can answer."""
    pairs = list(zip(vendors, breakers, strict=True))
    return sorted(pairs, key=lambda pair: not pair[1].ready)


async def _close(vendors: Sequence[_Closes]) -> None:
    """Close all of them, then raise what the first one raised, if any did."""
    outcomes = await asyncio.gather(*(vendor.close() for vendor in vendors), return_exceptions=True)
    for outcome in outcomes:
        if isinstance(outcome, BaseException):
            raise outcome
