"""Words outside the dictionary get phones the acoustic model has."""

import pytest

from core.providers import espeak
from core.providers.stt.pronunciation import arpabet

ARPABET = "AA AE AH AO AW AY B CH D DH EH ER EY F G HH IH IY JH K L M N NG OW OY P R S SH T TH UH UW V W Y Z ZH"
PHONES = frozenset(ARPABET.split())


@pytest.mark.parametrize(
    ("word", "phones"),
    [
        ("rayleigh", "R EY L IY"),
        ("scatters", "S K AE T ER Z"),
        ("photosynthesis", "F OW T OW S IH N TH AH S IH S"),
        ("church", "CH ER CH"),
        ("measure", "M EH ZH ER"),
    ],
)
def test_espeaks_phonemes_become_arpabet(word: str, phones: str) -> None:
    assert arpabet(espeak.phonemes(word)) == phones


def test_only_phones_of_the_model_are_used() -> None:
    for word in (
        "schadenfreude",
        "loch",
        "tyndall",
        "queue",
        "buoy",
        "lieutenant",
        "xylophone",
        "ngo",
        "huygens",
        "poincare",
    ):
        assert set(arpabet(espeak.phonemes(word)).split()) <= PHONES, word


def test_what_is_no_sound_is_left_out() -> None:
    assert arpabet(["R", "nonsense", "aI"]) == "AY"
