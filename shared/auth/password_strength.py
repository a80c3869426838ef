"""Which passwords are refused, and what would make them better: rules instead of a list of millions."""

import unicodedata
from collections.abc import Iterable
from typing import Final

MIN_CHARS: Final = 8
MAX_CHARS: Final = 256
MIN_DIFFERENT: Final = 5
_LEAST_PERSONAL = 4
# What guessers try first. A password is refused when it is one of these with digits, signs or look-alikes around it.
_WORDS: Final = """
    password passwort motdepasse contrasena parola senha secret letmein welcome willkommen bienvenue admin
    administrator root master login access default changeme temp test testing guest user student teacher school
    classroom unamentis qwerty qwertz azerty qwertyuiop asdfgh asdfghjkl zxcvbnm iloveyou loveyou sunshine princess
    monkey dragon shadow football fussball baseball basketball soccer hockey superman batman pokemon starwars minecraft
    fortnite roblox computer internet whatever freedom killer hunter summer winter spring autumn january february march
    april june july august september october november december monday friday sunday michael jordan jessica charlie
    daniel thomas andrew joshua matthew ashley amanda trustno hello hallo bonjour google apple android samsung
    abcdefgh abcd abcde abcdef
"""
_COMMON: Final = frozenset(_WORDS.split())
_LOOK_ALIKES: Final = str.maketrans("@4301!$5789", "aaeoiissttg")
_RUNS: Final = (
    "abcdefghijklmnopqrstuvwxyz",
    "01234567890",
    "qwertyuiop",
    "qwertzuiop",
    "asdfghjkl",
    "zxcvbnm",
    "azertyuiop",
)


def weaknesses(password: str, personal: Iterable[str] = ()) -> list[str]:
    """Return a suggestion for everything that is wrong with a password; an empty list accepts it.

    Args:
        personal: what others know about its owner, such as the e-mail address's local part and the name.
    """
    text = unicodedata.normalize("NFKC", password).lower()
    found: list[str] = []
    if len(text) < MIN_CHARS:
        found.append(f"use at least {MIN_CHARS} characters")
    if len(password) > MAX_CHARS:
        found.append(f"use at most {MAX_CHARS} characters")
    if len(set(text)) < MIN_DIFFERENT:
        found.append(f"use at least {MIN_DIFFERENT} different characters")
    if _is_common(text):
        found.append("avoid words and patterns that are tried first, even with digits behind them")
    known = {part for name in personal for part in name.lower().split() if len(part) >= _LEAST_PERSONAL}
    if any(part in text for part in known):
        found.append("leave out your name and e-mail address")
    return found


def _is_common(text: str) -> bool:
    spellings = {text, text.translate(_LOOK_ALIKES)}
    cores = {_letters(spelling) for spelling in spellings}
    cores |= {text.strip("0123456789!?.,-_*#$@ ").translate(_LOOK_ALIKES)}
    doubled = {core[: len(core) // 2] for core in cores if core[: len(core) // 2] * 2 == core}
    return bool((cores | doubled) & _COMMON) or _is_run(text)


def _letters(text: str) -> str:
    return "".join(c for c in text if c.isalpha())


def _is_run(text: str) -> bool:
    """Tell whether a password is made of at most two runs of neighbouring keys or letters, such as 12345678qwer."""
    rest, pieces = text, 0
    while rest and pieces <= 2:
        length = max(_longest_run(rest), 1)
        rest, pieces = rest[length:], pieces + 1
    return not rest and pieces <= 2


def _longest_run(text: str) -> int:
    both_ways = [run for forward in _RUNS for run in (forward, forward[::-1])]
    return max((n for n in range(1, len(text) + 1) if any(text[:n] in run for run in both_ways)), default=0)
