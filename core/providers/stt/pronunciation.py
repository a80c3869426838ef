"""How a word outside the dictionary sounds, in the phones of the acoustic model (ARPABET without stress)."""

from collections.abc import Sequence
from typing import Final

# espeak-ng's en-us mnemonics to ARPABET, most of them one to one. A colon at the end is a length mark.
_ARPABET: Final[dict[str, str]] = {
    "@": "AH", "@-": "AH", "@L": "AH L", "0": "AA", "02": "AH", "3": "ER", "3:": "ER", "A": "AA", "A:": "AA",
    "A@": "AA R", "a": "AE", "a#": "AH", "aa": "AE", "aI": "AY", "aI3": "AY ER", "aI@": "AY AH", "aU": "AW",
    "E": "EH", "e@": "EH R", "eI": "EY", "I": "IH", "I#": "IH", "I2": "IH", "i": "IY", "i:": "IY", "i@": "IY R",
    "i@3": "IH R", "O": "AO", "O:": "AO", "O2": "AO", "O@": "AO R", "o@": "AO R", "OI": "OY", "oU": "OW", "U": "UH",
    "U@": "UH R", "u": "UW", "u:": "UW", "V": "AH",
    "b": "B", "d": "D", "D": "DH", "dZ": "JH", "f": "F", "g": "G", "h": "HH", "j": "Y", "k": "K", "l": "L", "m": "M",
    "n": "N", "n-": "AH N", "N": "NG", "p": "P", "r": "R", "r-": "R", "s": "S", "S": "SH", "t": "T", "t#": "T",
    "t2": "T", "tS": "CH", "T": "TH", "v": "V", "w": "W", "x": "K", "z": "Z", "Z": "ZH", "?": "T",
}  # fmt: skip


def arpabet(mnemonics: Sequence[str]) -> str:
    """Return the phones for espeak-ng's mnemonics, separated by spaces; a sound English lacks is left out."""
    phones: list[str] = []
    for mnemonic in mnemonics:
        found = _ARPABET.get(mnemonic) or _ARPABET.get(mnemonic.rstrip(":;^"))
        if found is not None:
            phones.append(found)
    return " ".join(phones)
