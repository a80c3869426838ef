"""Clips as HTTP answers, and the voice a request asks for."""

from collections.abc import Mapping
from typing import Final

from core.providers.tts.port import Voice
from core.speech.desk import Clip
from core.speech.encoding import Encoded, Encoder, Format
from core.speech.models import VoiceChoice
from shared.api.cors import EXPOSED
from shared.api.reply import Reply
from shared.errors import InvalidInput

KB_RATE: Final = 24_000
# What clients name: engines that the upstream server ran beside itself, and whatever this deployment speaks with.
PROVIDERS: Final = ("vibevoice", "piper", "chatterbox", "auto")
# Clients send these when nobody has chosen a voice.
_ANY_VOICE: Final = frozenset({"", "nova", "default", "auto"})


def voice_of(choice: VoiceChoice, provider: str, language: str) -> Voice:
    """Return the voice a request asks for; `provider` is who speaks here, whichever known one is asked for.

    Args: language: where the request names none.
    Raises: InvalidInput: an unknown provider.
    """
    check_provider(choice.tts_provider or choice.provider, provider)
    return Voice(voice_name(choice.voice_id or choice.voice), choice.speed or 1.0, choice.language or language)


def voice_name(name: str | None) -> str:
    """Return the vendor's name of a voice; empty for the one the deployment speaks with."""
    return "" if name is None or name.lower() in _ANY_VOICE else name


def check_provider(asked: str | None, provider: str) -> None:
    """Take the names clients know and the one that speaks here.

    Raises: InvalidInput: another one.
    """
    known = (*PROVIDERS, provider)
    if asked and asked.lower() not in known:
        expected = f"one of {', '.join(known)}"
        raise InvalidInput(f"provider: {expected}", details={"provider": expected})


def audio(encoder: Encoder, clip: Clip, form: Format, headers: Mapping[str, str] | None = None) -> Reply:
    """Return a clip in a format, with what clients want to know of it in headers."""
    encoded = encoder.encode(clip.pcm, clip.rate, form)
    facts = {
        "X-TTS-Cache-Status": clip.status,
        "X-TTS-Duration-Seconds": f"{clip.seconds:.2f}",
        "X-TTS-Sample-Rate": str(encoded.rate),
        **({"X-TTS-Hash": clip.hash} if clip.hash else {}),
    }
    return _reply(encoded, facts, headers)


def kb_audio(encoder: Encoder, clip: Clip) -> Reply:
    """Return a clip as the phones play a question: WAV at 24 kHz."""
    facts = {
        "X-KB-Cache-Status": clip.status,
        "X-KB-Duration-Seconds": f"{clip.seconds:.2f}",
        "X-KB-Sample-Rate": str(KB_RATE),
    }
    return _reply(encoder.encode(clip.pcm, clip.rate, "wav", at=KB_RATE), facts)


def _reply(encoded: Encoded, facts: Mapping[str, str], headers: Mapping[str, str] | None = None) -> Reply:
    exposed = {"Access-Control-Expose-Headers": f"{EXPOSED}, {', '.join(facts)}"}
    return Reply(encoded.data, 200, {"Content-Type": encoded.media_type, **exposed, **facts, **(headers or {})})
