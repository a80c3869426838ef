"""Numbers and dates in words or digits, as values that can be compared."""

import re
from collections.abc import Sequence
from fractions import Fraction
from functools import lru_cache
from typing import Final

import msgspec

_SMALL_WORDS: Final = """
    zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen
    eighteen nineteen
"""
_SMALL: Final = {word: value for value, word in enumerate(_SMALL_WORDS.split())} | {
    "oh": 0,
    "nought": 0,
    "a": 1,
    "an": 1,
}
_TENS_WORDS: Final = "twenty thirty forty fifty sixty seventy eighty ninety"
_TENS: Final = {word: 10 * at for at, word in enumerate(_TENS_WORDS.split(), 2)}
_LARGE: Final = {"thousand": 10**3, "million": 10**6, "billion": 10**9, "trillion": 10**12}
_ORDINALS: Final = {
    "first": 1, "second": 2, "third": 3, "fourth": 4, "fifth": 5, "sixth": 6, "seventh": 7, "eighth": 8, "ninth": 9,
    "tenth": 10, "eleventh": 11, "twelfth": 12, "thirteenth": 13, "fourteenth": 14, "fifteenth": 15, "sixteenth": 16,
    "seventeenth": 17, "eighteenth": 18, "nineteenth": 19, "twentieth": 20, "thirtieth": 30,
}  # fmt: skip
_PARTS: Final = {
    "half": 2, "halves": 2, "third": 3, "thirds": 3, "quarter": 4, "quarters": 4, "fourth": 4, "fourths": 4,
    "fifth": 5, "fifths": 5, "sixth": 6, "sixths": 6, "eighth": 8, "eighths": 8, "tenth": 10, "tenths": 10,
    "hundredth": 100, "hundredths": 100,
}  # fmt: skip
_ROMAN: Final = re.compile(r"(?=[ivx])x{0,3}(?:ix|iv|v?i{0,3})", re.ASCII)
_ROMAN_VALUES: Final = {"i": 1, "v": 5, "x": 10}
_DIGITS: Final = re.compile(r"-?\d+(?:\.\d+)?|-?\.\d+", re.ASCII)
_ORDINAL_DIGITS: Final = re.compile(r"(\d+)(?:st|nd|rd|th)", re.ASCII)

_UNITS: Final = {
    "km": "kilometre", "kilometer": "kilometre", "kilometers": "kilometre", "kilometres": "kilometre",
    "m": "metre", "meter": "metre", "meters": "metre", "metres": "metre", "cm": "centimetre",
    "centimeter": "centimetre", "centimeters": "centimetre", "centimetres": "centimetre", "mm": "millimetre",
    "millimeter": "millimetre", "millimeters": "millimetre", "millimetres": "millimetre", "kg": "kilogram",
    "kilograms": "kilogram", "kilo": "kilogram", "kilos": "kilogram", "g": "gram", "grams": "gram", "s": "second",
    "sec": "second", "secs": "second", "seconds": "second", "min": "minute", "mins": "minute", "minutes": "minute",
    "h": "hour", "hr": "hour", "hrs": "hour", "hours": "hour", "days": "day", "weeks": "week", "months": "month",
    "years": "year", "yr": "year", "yrs": "year", "miles": "mile", "mi": "mile", "feet": "foot", "ft": "foot",
    "inches": "inch", "in": "inch", "pounds": "pound", "lb": "pound", "lbs": "pound", "percent": "%",
    "per cent": "%", "degrees": "degree", "deg": "degree", "c": "celsius", "centigrade": "celsius", "f": "fahrenheit",
    "k": "kelvin", "kelvins": "kelvin", "n": "newton", "newtons": "newton", "j": "joule", "joules": "joule",
    "w": "watt", "watts": "watt", "v": "volt", "volts": "volt", "a": "ampere", "amp": "ampere", "amps": "ampere",
    "amperes": "ampere", "hz": "hertz", "pa": "pascal", "pascals": "pascal", "l": "litre", "liter": "litre",
    "liters": "litre", "litres": "litre", "ml": "millilitre", "dollars": "dollar", "usd": "dollar", "$": "dollar",
    "cents": "cent", "euros": "euro", "sides": "side",
}  # fmt: skip

_MONTHS: Final = {
    month: number
    for number, names in enumerate(
        ("january jan", "february feb", "march mar", "april apr", "may", "june jun", "july jul", "august aug",
         "september sep sept", "october oct", "november nov", "december dec"), 1
    )
    for month in names.split()
}  # fmt: skip


class Quantity(msgspec.Struct, frozen=True):
    """A number and what it counts; `unit` is empty where none is named."""

    value: Fraction
    unit: str


class Date(msgspec.Struct, frozen=True):
    """A date as far as it is told; what is not told is None. Years before Christ are negative."""

    year: int | None
    month: int | None
    day: int | None

    def tells(self, other: "Date") -> bool:
        """Tell whether this says everything the other says, and the same."""
        pairs = ((self.year, other.year), (self.month, other.month), (self.day, other.day))
        return all(theirs is None or mine == theirs for mine, theirs in pairs)


def number_of(word: str) -> int | None:
    """Return the number a single word stands for: digits, a small number word, an ordinal or a Roman numeral."""
    if word.isascii() and word.isdigit():
        return int(word[:18])
    if match := _ORDINAL_DIGITS.fullmatch(word):
        return int(match[1][:18])
    if word in _ORDINALS:
        return _ORDINALS[word]
    if word in _TENS:
        return _TENS[word]
    if word in _SMALL and word not in {"a", "an", "oh"}:
        return _SMALL[word]
    return _roman(word)


@lru_cache(maxsize=4096)
def quantity_of(text: str) -> Quantity | None:
    """Return what a normalised text counts, None where it is no number: `forty two`, `1,000 km`, `three quarters`."""
    spaced = re.sub(r"(?<=\d),(?=\d{3}(?!\d))", "", text)
    spaced = re.sub(r"(?<=\d)\s*(%|percent\b|per cent\b)", " percent", spaced)
    spaced = re.sub(r"\$\s*(\S+)", r"\1 dollar", spaced)
    spaced = re.sub(r"(?<=\d)(?=[a-z])(?!st\b|nd\b|rd\b|th\b)", " ", spaced)
    # A sign stands at the beginning; anywhere else it joins two words.
    spaced = spaced[:1] + spaced[1:].replace("-", " ")
    words = [word for word in spaced.split() if word not in {"and", "about", "exactly", "of"}]
    for length in range(len(words), 0, -1):
        value = _value(words[:length])
        if value is not None:
            return _counting(value, words[length:])
    return None


@lru_cache(maxsize=4096)
def date_of(text: str) -> Date | None:
    """Return the date a normalised text tells, None where it is none: `july 4 1776`, `4th of july`, `1776`, `44 bc`."""
    before_christ = bool(re.search(r"\b(?:bc|bce|b c|b c e)\b", text))
    told = re.sub(r"\b(?:bc|bce|b c e|b c|ad|ce|a d|c e|the|of|year|in|on|circa|ca)\b", " ", text)
    if match := re.fullmatch(r"\s*(\d{1,2})[/.-](\d{1,2})[/.-](\d{2,4})\s*", told, re.ASCII):
        return _checked(int(match[3]), int(match[1]), int(match[2]))
    if match := re.fullmatch(r"\s*(\d{4})-(\d{1,2})-(\d{1,2})\s*", told, re.ASCII):
        return _checked(int(match[1]), int(match[2]), int(match[3]))
    words = [word for word in re.sub(r"[,.\-]", " ", told).split() if word != "and"]
    month = next((at for at, word in enumerate(words) if word in _MONTHS), None)
    if month is None:
        year = _year(words)
        return None if year is None else Date(-year if before_christ else year, None, None)
    rest = words[:month] + words[month + 1 :]
    if not rest:
        return Date(None, _MONTHS[words[month]], None)
    for split in range(len(rest), -1, -1):
        day = _day(rest[:split]) if split else None
        year = _year(rest[split:]) if split < len(rest) else None
        if (day is not None or not split) and (year is not None or split == len(rest)):
            return _checked(-year if year and before_christ else year, _MONTHS[words[month]], day)
    return None


def _counting(value: Fraction, unit: Sequence[str]) -> Quantity | None:
    """Return a quantity; more than two words behind a number are no unit, but for `metres per second` and the like."""
    names = [_UNITS.get(word, word) for word in unit]
    name = _UNITS.get(" ".join(unit), " ".join(names))
    return Quantity(value, name) if len(unit) <= 2 or (len(unit) <= 4 and "per" in unit) else None


def _checked(year: int | None, month: int, day: int | None) -> Date | None:
    return Date(year, month, day) if 1 <= month <= 12 and (day is None or 1 <= day <= 31) else None


def _day(words: Sequence[str]) -> int | None:
    if len(words) == 1:
        value = number_of(words[0])
    elif len(words) == 2 and words[0] in _TENS:
        small = number_of(words[1])
        value = None if small is None else _TENS[words[0]] + small
    else:
        return None
    return value if value is not None and 1 <= value <= 31 else None


def _year(words: Sequence[str]) -> int | None:
    """Return a year: digits, or words as they are said: `seventeen seventy six`, `two thousand and one`."""
    if len(words) == 1 and words[0].isascii() and words[0].isdigit() and len(words[0]) <= 4:
        return int(words[0])
    if not words or any(word.isdigit() for word in words):
        return None
    whole = _value(list(words))
    if whole is not None and whole.denominator == 1 and whole >= 100:
        return int(whole)
    for split in range(1, len(words)):
        century, years = _value(list(words[:split])), _value([word for word in words[split:] if word != "oh"])
        if century is not None and years is not None and 10 <= century <= 20 and 0 <= years < 100:
            return int(century * 100 + years)
    return None


def _value(words: list[str]) -> Fraction | None:
    """Return the value of number words and digits, None where a word is none of them."""
    if len(words) == 1:
        return _digits(words[0]) if words[0] not in {"half", "quarter"} else Fraction(1, _PARTS[words[0]])
    if "point" in words and words[-1] in _LARGE:
        part = _value(words[:-1])
        return None if part is None else part * _LARGE[words[-1]]
    if "point" in words:
        at = words.index("point")
        whole, decimals = _value(words[:at]) if at else Fraction(0), [_small(word) for word in words[at + 1 :]]
        if whole is None or not decimals or any(digit is None or digit > 9 for digit in decimals):
            return None
        return whole + Fraction(int("".join(str(digit) for digit in decimals)), 10 ** len(decimals))
    if words[0] in {"minus", "negative"}:
        positive = _value(words[1:])
        return None if positive is None else -positive
    if words[-1] in _PARTS:
        top = _cardinal(words[:-1])
        return None if top is None else Fraction(top, _PARTS[words[-1]])
    if len(words) == 2 and words[1] in _LARGE and (digits := _digits(words[0])) is not None:
        return digits * _LARGE[words[1]]
    if len(words) == 3 and words[1] == "over":
        top, bottom = _cardinal(words[:1]), _cardinal(words[2:])
        return Fraction(top, bottom) if top is not None and bottom else None
    value = _cardinal(words)
    return None if value is None else Fraction(value)


def _digits(word: str) -> Fraction | None:
    if _DIGITS.fullmatch(word) and len(word) <= 30:
        return Fraction(word)
    if match := re.fullmatch(r"(\d{1,9})/(\d{1,9})", word, re.ASCII):
        return Fraction(int(match[1]), int(match[2])) if int(match[2]) else None
    if word in _SMALL and word not in {"a", "an"}:
        return Fraction(_SMALL[word])
    if word in _TENS:
        return Fraction(_TENS[word])
    if word in _LARGE or word == "hundred":
        return Fraction(_LARGE.get(word, 100))
    if word in _ORDINALS or _ORDINAL_DIGITS.fullmatch(word):
        number = number_of(word)
        return None if number is None else Fraction(number)
    return None


def _small(word: str) -> int | None:
    return int(word) if word.isascii() and word.isdigit() and len(word) <= 2 else _SMALL.get(word)


def _cardinal(words: Sequence[str]) -> int | None:
    """Return the value of `three hundred forty two thousand and five`."""
    total, group = 0, 0
    for word in words:
        if word in _SMALL:
            group += _SMALL[word]
        elif word in _TENS:
            group += _TENS[word]
        elif word in _ORDINALS:
            group += _ORDINALS[word]
        elif word == "hundred":
            group = (group or 1) * 100
        elif word in _LARGE:
            total, group = total + (group or 1) * _LARGE[word], 0
        elif word.isascii() and word.isdigit() and len(word) <= 15:
            group += int(word)
        else:
            return None
    return total + group if words else None


def _roman(word: str) -> int | None:
    if not word or not _ROMAN.fullmatch(word):
        return None
    values = [_ROMAN_VALUES[letter] for letter in word]
    return sum(-value if value < max(values[at:]) else value for at, value in enumerate(values))
