"""Vendors whose calls are paid for: money is set aside before each call, and what was really used is settled after it.

A call that is cut short, by the learner, a failure or a reply nobody wants any more, is charged for what the vendor did
until then: the audio that was sent, the tokens that came, the characters that were sent to be spoken.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from typing import Final, Protocol

import msgspec

from core.providers import Providers
from core.providers.fallback import (
    FallbackLanguageModel,
    FallbackSpeechToText,
    FallbackTextToSpeech,
    StandIn,
    at_rate,
    breakers,
)
from core.providers.llm.port import LanguageModel, ModelUsage, Prompt, Token
from core.providers.streams import closing
from core.providers.stt.port import SAMPLE_RATE, SpeechToText, Transcript, Uploads
from core.providers.tts.port import TextToSpeech, Voice
from shared.domain.usage import Unit
from shared.errors import BudgetExhausted, ProviderUnavailable

# Failures before any answer that tell that the vendor did nothing; after a timeout it may have.
_REFUSALS: Final = frozenset({"rejected", "rate_limited", "server_error", "disconnected", "unsupported"})
# A model's token is one byte of text at least; each message has some around it.
_TOKENS_AROUND: Final = 8
_CHARACTERS_PER_TOKEN: Final = 4
_BYTES_PER_MS: Final = SAMPLE_RATE * 2 // 1000


class Maker(msgspec.Struct, frozen=True):
    """A vendor and its model, as the price book names them."""

    provider: str
    model: str

    @property
    def names(self) -> tuple[str, str]:
        """Both names."""
        return self.provider, self.model


Amounts = Mapping[Unit, int]
# Sets money aside for a call that uses these amounts at most.
Pay = Callable[[Maker, Amounts], Awaitable["Payment"]]


class Payment(Protocol):
    """Money set aside for one call."""

    def settle(self, used: Amounts) -> None:
        """Say, once, what the call used."""
        ...


class Payer(Protocol):
    """Whoever pays for a session's calls."""

    @property
    def longest_utterance_ms(self) -> int:
        """The longest that is ever recognised at once."""
        ...

    def turn_begins(self) -> None:
        """A learner speaks or asks: calls will follow."""
        ...

    async def for_words(self, maker: Maker, most: Amounts) -> Payment:
        """Set money aside for hearing or thinking.

        Args: most: what the call can use at most.
        Raises: BudgetExhausted. Unauthenticated: the session's caller was revoked. Unavailable.
        """
        ...

    async def for_speech(self, maker: Maker, most: Amounts) -> Payment:
        """Set money aside for speaking; raises as `for_words`."""
        ...

    async def for_finer_speech(self, maker: Maker, most: Amounts) -> Payment:
        """Set money aside for speaking where there is a cheaper voice too; raises as `for_words`."""
        ...


def hired(providers: Providers, payer: Payer) -> Providers:
    """Return the providers with every single vendor paid, those a fallback tries in turn too."""
    stts = [PaidSpeechToText(vendor, payer) for vendor in _recognisers(providers)]
    llms = [PaidLanguageModel(vendor, payer) for vendor in _models(providers)]
    finer = payer.for_finer_speech if providers.cheaper_tts else payer.for_speech
    voices = [PaidTextToSpeech(vendor, finer) for vendor in _voices(providers.tts)]
    cheaper = [PaidTextToSpeech(vendor, payer.for_speech) for vendor in _voices(providers.cheaper_tts)]
    speaking = _one_of(voices, providers.tts)
    return Providers(
        stts[0] if len(stts) == 1 else FallbackSpeechToText(stts, breakers(providers.stt)),
        llms[0] if len(llms) == 1 else FallbackLanguageModel(llms, breakers(providers.llm)),
        Thrifty(speaking, _one_of(cheaper, providers.cheaper_tts)) if cheaper else speaking,
    )


def _one_of(voices: "Sequence[PaidTextToSpeech]", unpaid: TextToSpeech | None) -> TextToSpeech:
    """Return voices as one, with the breakers of those they pay for."""
    return voices[0] if len(voices) == 1 else FallbackTextToSpeech(voices, breakers(unpaid))


def priced(providers: Providers) -> list[tuple[str, str, Unit]]:
    """Return what prices are needed of: vendor, model, unit."""
    return [
        *((vendor.name, vendor.model, "audio_ms") for vendor in _recognisers(providers)),
        *((vendor.name, vendor.model, "input_token") for vendor in _models(providers)),
        *((vendor.name, vendor.model, "output_token") for vendor in _models(providers)),
        *((vendor.name, vendor.model, "character") for vendor in _voices(providers.tts)),
        *((vendor.name, vendor.model, "character") for vendor in _voices(providers.cheaper_tts)),
    ]


def _recognisers(providers: Providers) -> Sequence[SpeechToText]:
    stt = providers.stt
    return stt.vendors if isinstance(stt, FallbackSpeechToText) else [stt]


def _models(providers: Providers) -> Sequence[LanguageModel]:
    llm = providers.llm
    return llm.vendors if isinstance(llm, FallbackLanguageModel) else [llm]


def first_voice(providers: Providers) -> Providers:
    """Return the providers with nobody to stand in for their voice."""
    return Providers(providers.stt, providers.llm, _voices(providers.tts)[0])


def _voices(tts: TextToSpeech | None) -> Sequence[TextToSpeech]:
    if tts is None:
        return []
    return tts.vendors if isinstance(tts, FallbackTextToSpeech) else [tts]


class PaidSpeechToText:
    """A recogniser, charged for the audio it was sent."""

    def __init__(self, stt: SpeechToText, payer: Payer) -> None:
        self._stt = stt
        self._payer = payer
        self.name, self.model = stt.name, stt.model

    async def transcribe(
        self, pcm: AsyncIterator[bytes], *, language: str, phrases: Sequence[str]
    ) -> AsyncIterator[Transcript]:
        """Transcribe; see SpeechToText. Raises: BudgetExhausted: before any audio was sent."""
        self._payer.turn_begins()
        maker = Maker(self.name, self.model)
        payment = await self._payer.for_words(maker, {"audio_ms": self._payer.longest_utterance_ms})
        sent = _Sent(pcm)
        refused = False
        try:
            transcripts = self._stt.transcribe(sent.audio(), language=language, phrases=phrases)
            async with closing(transcripts) as found:
                async for transcript in found:
                    yield transcript
        except ProviderUnavailable as error:
            refused = _did_nothing(error)
            raise
        finally:
            did_nothing = refused or (isinstance(self._stt, Uploads) and not sent.is_over)
            payment.settle({"audio_ms": 0 if did_nothing else sent.ms})

    async def close(self) -> None:
        """Nothing: the vendor belongs to the process."""


class PaidLanguageModel:
    """A model, charged for its tokens; where the vendor does not tell how many, four characters are one."""

    def __init__(self, llm: LanguageModel, payer: Payer) -> None:
        self._llm = llm
        self._payer = payer
        self.name, self.model = llm.name, llm.model

    async def reply(self, prompt: Prompt) -> AsyncIterator[Token | ModelUsage]:
        """Answer; see LanguageModel. Raises: BudgetExhausted: before the vendor was asked."""
        self._payer.turn_begins()
        longest = sum(len(message.content.encode()) + _TOKENS_AROUND for message in prompt.messages)
        most: Amounts = {"input_token": longest, "output_token": prompt.max_tokens}
        payment = await self._payer.for_words(Maker(self.name, self.model), most)
        written, told, refused = 0, None, False
        try:
            async with closing(self._llm.reply(prompt)) as items:
                async for item in items:
                    if isinstance(item, ModelUsage):
                        told = item
                    else:
                        written += len(item.text)
                    yield item
        except ProviderUnavailable as error:
            refused = not written and _did_nothing(error)
            raise
        finally:
            if refused:
                payment.settle({})
            elif told is None:
                read = sum(len(message.content) for message in prompt.messages)
                payment.settle({"input_token": _tokens(read), "output_token": _tokens(written)})
            else:
                payment.settle({"input_token": told.input_tokens, "output_token": told.output_tokens})

    async def close(self) -> None:
        """Nothing: the vendor belongs to the process."""


class PaidTextToSpeech:
    """A synthesiser, charged for the characters it was sent; below the cache, so that a cached sentence is free."""

    def __init__(self, tts: TextToSpeech, pay: Pay) -> None:
        self._tts = tts
        self._pay = pay
        self.name, self.model = tts.name, tts.model
        self.sample_rate = tts.sample_rate

    async def speak(self, text: str, *, voice: Voice) -> AsyncIterator[bytes]:
        """Speak; see TextToSpeech. Raises: BudgetExhausted: before anything was sent."""
        payment = await self._pay(Maker(self.name, self.model), {"character": len(text)})
        began = refused = False
        try:
            async with closing(self._tts.speak(text, voice=voice)) as audio:
                async for chunk in audio:
                    began = True
                    yield chunk
        except ProviderUnavailable as error:
            refused = not began and _did_nothing(error)
            raise
        finally:
            payment.settle({"character": 0 if refused else len(text)})

    async def close(self) -> None:
        """Nothing: the vendor belongs to the process."""


class Thrifty:
    """A voice, and a cheaper one for what the budget no longer allows of it.

    What the cheaper one says is a stand-in: heard, at the other's rate, and not kept in the speech cache.
    """

    def __init__(self, tts: TextToSpeech, cheaper: TextToSpeech) -> None:
        self._tts = tts
        self._cheaper = cheaper
        self.name, self.model = tts.name, tts.model
        self.sample_rate = tts.sample_rate

    async def speak(self, text: str, *, voice: Voice) -> AsyncIterator[bytes]:
        """Speak; see TextToSpeech. Raises: BudgetExhausted: neither voice may speak any more."""
        try:
            async with closing(self._tts.speak(text, voice=voice)) as audio:
                async for chunk in audio:
                    yield chunk
        except BudgetExhausted:
            plain = Voice(speed=voice.speed, language=voice.language)
            async with closing(self._cheaper.speak(text, voice=plain)) as audio:
                async for chunk in at_rate(audio, self._cheaper.sample_rate, self.sample_rate):
                    yield StandIn(chunk)

    async def close(self) -> None:
        """Nothing: the vendors belong to the process."""


class _Sent:
    """An utterance on its way to a vendor, measured."""

    def __init__(self, pcm: AsyncIterator[bytes]) -> None:
        self._pcm = pcm
        self._bytes = 0
        self.is_over = False

    @property
    def ms(self) -> int:
        """What was taken, a part of a millisecond counted whole."""
        return -(-self._bytes // _BYTES_PER_MS)

    async def audio(self) -> AsyncIterator[bytes]:
        """Yield the utterance."""
        async for chunk in self._pcm:
            self._bytes += len(chunk)
            yield chunk
        self.is_over = True


def _tokens(characters: int) -> int:
    return -(-characters // _CHARACTERS_PER_TOKEN)


def _did_nothing(error: ProviderUnavailable) -> bool:
    return error.details.get("reason") in _REFUSALS
