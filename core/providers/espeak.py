"""espeak-ng through ctypes: the only place that calls the library.

The library is GPL-3, loaded at run time, and has one global state per process: voice, rate and callback. So there is
one lock, and every call below holds it for as long as it takes to speak one sentence (about 10 ms).
"""

import ctypes
import threading
from collections.abc import Callable
from functools import cache
from typing import Any, Final

import espeakng_loader

from core.providers.errors import provider_error

# Constants of speak_lib.h.
_SYNCHRONOUS: Final = 2
_UTF8: Final = 1
_RATE: Final = 1
_OK: Final = 0
_PHONEME_SEPARATOR: Final = ord("_") << 8

# int callback(short *samples, int count, espeak_EVENT *events): non-zero stops the synthesis.
_CALLBACK: Final = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_int, ctypes.c_void_p)

_lock: Final = threading.Lock()


@cache
def _library() -> tuple[Any, int]:
    """Load and start the library once; return it and its sample rate.

    Raises: ProviderUnavailable: this platform has no build of it.
    """
    try:
        library: Any = ctypes.CDLL(espeakng_loader.get_library_path())
        rate = int(library.espeak_Initialize(_SYNCHRONOUS, 0, espeakng_loader.get_data_path().encode(), 0))
    except (OSError, RuntimeError) as exc:
        raise provider_error("espeak-ng", "unsupported") from exc
    if rate <= 0:
        raise provider_error("espeak-ng", "server_error")
    library.espeak_TextToPhonemes.restype = ctypes.c_char_p
    library.espeak_TextToPhonemes.argtypes = [ctypes.POINTER(ctypes.c_char_p), ctypes.c_int, ctypes.c_int]
    return library, rate


def sample_rate() -> int:
    """Return the samples a second of what `synthesise` gives: 22050 for every voice of espeak-ng 1.52."""
    with _lock:
        return _library()[1]


def synthesise(text: str, *, voice: str, words_per_minute: int, on_chunk: Callable[[bytes], bool]) -> None:
    """Speak `text`, handing over PCM16 mono as it is made; blocks until all is said.

    Args:
        voice: an espeak-ng voice or language, such as "en-us".
        words_per_minute: 80 to 450.
        on_chunk: takes a chunk of whole samples and answers False to stop.
    Raises: ProviderUnavailable: no such voice, or the library failed.
    """

    def deliver(samples: int | None, count: int, _events: int | None) -> int:
        if not samples or count <= 0:
            return 0
        return 0 if on_chunk(ctypes.string_at(samples, count * 2)) else 1

    callback = _CALLBACK(deliver)
    data = text.replace("\0", " ").encode()
    with _lock:
        library, _ = _library()
        if library.espeak_SetVoiceByName(voice.encode()) != _OK:
            raise provider_error("espeak-ng", "rejected")
        library.espeak_SetParameter(_RATE, words_per_minute, 0)
        library.espeak_SetSynthCallback(callback)
        if library.espeak_Synth(data, len(data) + 1, 0, 1, 0, _UTF8, None, None) != _OK:
            raise provider_error("espeak-ng", "server_error")


def phonemes(word: str) -> list[str]:
    """Return the American English phonemes of one word in espeak-ng's mnemonics, stress marks removed.

    Raises: ProviderUnavailable: the library failed.
    """
    with _lock:
        library, _ = _library()
        if library.espeak_SetVoiceByName(b"en-us") != _OK:
            raise provider_error("espeak-ng", "rejected")
        pointer = ctypes.c_char_p(word.encode())
        found: bytes = library.espeak_TextToPhonemes(ctypes.byref(pointer), _UTF8, _PHONEME_SEPARATOR)
    return [name for part in found.decode().split("_") if (name := part.strip("',%=|: \n") or "")]
