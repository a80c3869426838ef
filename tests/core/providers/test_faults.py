"""Every way a vendor fails, at every stage of a turn, with the vendors' own SDKs against a server that misbehaves.

The learner is told, or hears a stand-in; what was said is stored whole; nobody else notices.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

import pytest

from core.pipeline.conversations import Visit
from core.pipeline.equipment import Equipment
from core.pipeline.notices import Problem, TurnEnded
from core.pipeline.session import VoiceSession
from core.providers import Providers
from core.providers.breaker import FAILURES, Breaker, State
from core.providers.fallback import FallbackLanguageModel, FallbackSpeechToText, FallbackTextToSpeech
from core.providers.llm.openai_compatible import OpenAIChat
from core.providers.stt.deepgram import DeepgramListen
from core.providers.stt.openai_compatible import OpenAITranscription
from core.providers.tts.deepgram import DeepgramSpeech
from core.providers.tts.openai_compatible import OpenAISpeech
from core.settings import VoiceSettings
from core.voice.dialogue import Microphone
from core.voice.endpointing import Timing
from shared.auth.caller import Caller
from shared.ids import new_id
from tests.core.providers.conformance import FAULTS, LIMIT_S
from tests.fakes.client import FakeClient
from tests.fakes.conversations import MemoryConversations, MemorySession
from tests.fakes.detector import SILENCE, SPEECH, FakeDetector
from tests.fakes.vendors import FakeModel, FakeRecogniser, FakeVoice
from tests.vendors.speech_server import Fault, speech_server

TENANT = "0190aaaa-0000-7000-8000-00000000000a"
# These are waited for to the end; whoever answers at all is given the time that a busy machine needs.
WAITED_FOR = frozenset({"silence", "half silence", "endless"})
PATIENCE_S = 9
# The learner has heard a part of the answer before these, so nobody can stand in.
IN_MID_ANSWER = frozenset({"half silence", "half hang up", "endless"})


def spare() -> Providers:
    return Providers(FakeRecogniser("Why?"), FakeModel("Hm", "."), FakeVoice())


@dataclass
class Talker:
    """A learner in a session of their own."""

    providers: Providers
    patience_s: int = PATIENCE_S

    def __post_init__(self) -> None:
        self.client = FakeClient()
        self.conversations = MemoryConversations()
        self.visit = Visit(new_id(), Caller("session", TENANT, "credential", "user"))
        self.stored = self.conversations.sessions[self.visit.session_id] = MemorySession(TENANT)

    async def talk(self) -> None:
        """Say something, hear the turn's end, and leave."""
        equipment = Equipment(
            providers=self.providers,
            speech=lambda _caller, tts: tts,
            detector=FakeDetector(),
            conversations=self.conversations,
            settings=VoiceSettings(
                timing=Timing(end_ms=320), stt_s=self.patience_s, llm_s=self.patience_s, tts_s=self.patience_s
            ),
        )
        conversation = await self.conversations.open(self.visit)
        session = VoiceSession(equipment, self.visit, conversation, self.client)
        session.configure(Microphone(hands_free=True), output_rate=24_000)
        for frame in [SPEECH] * 8 + [SILENCE] * 11:
            session.hear(frame)
        try:
            # A turn whose words are stored has an end; one without words has a problem.
            await self.client.until_true(lambda: bool(self.client.only(TurnEnded) or self.problems))
        finally:
            await session.close()

    @property
    def problems(self) -> list[str]:
        return [problem.code for problem in self.client.only(Problem)]

    @property
    def roles(self) -> list[tuple[str, bool]]:
        return [(turn.role, turn.complete) for turn in self.stored.turns]


# The stage, how it is called in an error's code, and the providers of a server at an address, with their patience.
Make = Callable[[str, float], Providers]
STAGES: dict[str, tuple[str, Make]] = {
    "uploaded words": (
        "STT",
        lambda url, limit: stt(OpenAITranscription(api_key="k", base_url=f"{url}/v1", timeout_s=limit)),
    ),
    "streamed words": ("STT", lambda url, limit: stt(DeepgramListen(api_key="k", base_url=url, timeout_s=limit))),
    "answer": ("LLM", lambda url, limit: llm(OpenAIChat(api_key="k", base_url=f"{url}/v1", timeout_s=limit))),
    "voice": ("TTS", lambda url, limit: tts(OpenAISpeech(api_key="k", base_url=f"{url}/v1", timeout_s=limit))),
    "other voice": ("TTS", lambda url, limit: tts(DeepgramSpeech(api_key="k", base_url=url, timeout_s=limit))),
}


def stt(vendor: OpenAITranscription | DeepgramListen) -> Providers:
    return Providers(vendor, spare().llm, spare().tts)


def llm(vendor: OpenAIChat) -> Providers:
    return Providers(spare().stt, vendor, spare().tts)


def tts(vendor: OpenAISpeech | DeepgramSpeech) -> Providers:
    return Providers(spare().stt, spare().llm, vendor)


def backed(providers: Providers) -> Providers:
    """The same, each with a stand-in."""
    others = spare()
    return Providers(
        FallbackSpeechToText([providers.stt, others.stt]),
        FallbackLanguageModel([providers.llm, others.llm]),
        FallbackTextToSpeech([providers.tts, others.tts]),
    )


async def failing(stage: str, fault: Fault) -> None:
    """One learner meets the fault alone, one with a stand-in, while a third talks to a server that works."""
    code, make = STAGES[stage]
    async with speech_server() as broken, speech_server() as working:
        broken.fault = fault
        limit, patience = (LIMIT_S, 5) if fault in WAITED_FOR else (PATIENCE_S, PATIENCE_S)
        made = [make(broken.url, limit), make(broken.url, limit), make(working.url, PATIENCE_S)]
        alone, spared, bystander = Talker(made[0], patience), Talker(backed(made[1]), patience), Talker(made[2])
        try:
            await asyncio.gather(alone.talk(), spared.talk(), bystander.talk())
        finally:
            await asyncio.gather(*(providers.close() for providers in made))
    check_told(alone, code, fault)
    check_spared(spared, code, fault)
    assert (bystander.problems, bystander.roles) == ([], [("user", True), ("assistant", True)]), f"bystander of {fault}"


def check_told(talker: Talker, code: str, fault: Fault) -> None:
    """The learner was told what failed; what was heard is stored, as complete."""
    assert len(talker.problems) == 1, fault
    assert talker.problems[0].startswith(f"{code}_"), fault
    expected = {"429": f"{code}_RATE_LIMITED", "silence": f"{code}_TIMEOUT"}.get(fault)
    assert expected in {None, talker.problems[0]}, fault
    if code == "STT":
        assert talker.roles == [], fault
    else:
        assert talker.roles[:1] == [("user", True)], fault
        assert talker.roles[1:] in ([], [("assistant", True)]), fault


def check_spared(talker: Talker, code: str, fault: Fault) -> None:
    """The stand-in has answered, unless the learner had heard the vendor begin."""
    begun = fault in IN_MID_ANSWER and code != "STT"
    assert bool(talker.problems) == begun, f"{fault}: {talker.problems}"
    assert talker.roles[:1] == [("user", True)], fault
    assert talker.roles[1:] in ([("assistant", True)], [] if begun else [("assistant", True)]), fault


@pytest.mark.parametrize("stage", STAGES)
async def test_a_failing_vendor(stage: str) -> None:
    await asyncio.gather(*(failing(stage, fault) for fault in FAULTS))


async def test_a_vendor_that_refuses_connections_is_left_alone_after_some_turns() -> None:
    nowhere = OpenAIChat(api_key="k", base_url="http://127.0.0.1:9/v1", timeout_s=LIMIT_S)
    breakers = [Breaker("openai"), Breaker("fake")]
    for number in range(FAILURES + 1):
        model = FallbackLanguageModel([nowhere, spare().llm], breakers)
        talker = Talker(Providers(spare().stt, model, spare().tts))
        await talker.talk()
        assert (talker.problems, talker.roles) == ([], [("user", True), ("assistant", True)])
        assert breakers[0].results["disconnected"] == min(number + 1, FAILURES)
    assert breakers[0].state is State.OPEN
    await nowhere.close()


async def test_a_limit_that_says_when_is_kept_to() -> None:
    now = [0.0]
    async with speech_server() as server:
        server.fault = "429"  # with Retry-After: 1
        model = OpenAIChat(api_key="k", base_url=f"{server.url}/v1", timeout_s=LIMIT_S)
        chain = FallbackLanguageModel([model, spare().llm], [Breaker(n, clock=lambda: now[0]) for n in ("a", "b")])
        for _ in range(2):
            talker = Talker(Providers(spare().stt, chain, spare().tts))
            await talker.talk()
            assert talker.problems == []
        assert len(server.asked) == 1
        now[0], server.fault = 1.0, None
        await Talker(Providers(spare().stt, chain, spare().tts)).talk()
        assert len(server.asked) == 2
        assert chain.breakers[0].state is State.CLOSED
        await model.close()
