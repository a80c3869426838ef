"""Whether an answer counts: the rules, in their order; the first that matches decides."""

from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from typing import Final, Literal

import msgspec

from shared.domain.answers.answer_lines import AnswerLine, Wording, read_answer_line
from shared.domain.answers.forms import Form, form_of, plain
from shared.domain.answers.similarity import (
    allowed_edits,
    edit_distance,
    ngram_similarity,
    sounds_like,
    token_similarity,
)
from shared.domain.answers.strictness import Strictness
from shared.domain.answers.synonyms import SYNONYMS, TURNING, are_different, are_opposed
from shared.domain.answers.values import date_of, quantity_of
from shared.domain.stems import stem

Rule = Literal[
    "empty", "two_answers", "do_not_accept", "exact", "acceptable", "required_parts", "value", "choice", "prompt",
    "edit_distance", "synonym", "surname", "phonetic", "ngram", "token", "lemma", "within", "none",
]  # fmt: skip

_LEAST_SIMILAR: Final = 0.6
_LEAST_NGRAM: Final = 0.8
_LEAST_TOKEN: Final = 0.8
# Texts that sound alike must look alike a little, too.
_LEAST_LOOK: Final = 0.35
# Of words this short every slip makes another word.
_SHORT: Final = 3
# Words that may stand around an answer inside a sentence.
_MOST_AROUND: Final = 5
_VALUES: Final = frozenset({"number", "numeric"})


class Expected(msgspec.Struct, frozen=True):
    """What a question asks for.

    Attributes:
        answer: the answer, or an answer line as quiz packets write it.
        acceptable: other answers that count.
        answer_type: what kind of answer it is, such as `person`; decides what does not matter.
    """

    answer: str
    acceptable: Sequence[str] = msgspec.field(default_factory=tuple[str, ...])
    answer_type: str = "text"


class Judgement(msgspec.Struct, frozen=True):
    """What was decided.

    Attributes:
        matched: the answer counts.
        confidence: 0 to 1 that this is right; 0 for an answer that does not count.
        rule: the rule that decided. reason: why, for the learner.
        matched_answer: the expected wording it was held against, empty where there was none.
        prompt: what to ask an answer that is on the way, None for every other.
    """

    matched: bool
    confidence: float
    rule: Rule
    reason: str
    matched_answer: str = ""
    prompt: str | None = None


class _Candidate(msgspec.Struct, frozen=True):
    """One expected wording in the form in which answers of its type are compared."""

    text: str
    form: Form
    is_listed: bool


def judge(given: str, expected: Expected, strictness: Strictness = Strictness.STANDARD) -> Judgement:
    """Judge an answer, typed or as speech recognition heard it.

    Args:
        given: what was said; only its first 2,000 characters count.
    """
    kind = expected.answer_type
    said = form_of(given, kind)
    if not said.words:
        return _no("empty", "nothing was answered")
    line = read_answer_line(expected.answer)
    if (refused := _refused(said, line, kind)) is not None:
        return refused
    if (two := _two_answers(given, line, expected)) is not None:
        return two
    if kind == "multipleChoice":
        return _choice(given, line, expected)
    candidates = _wordings(expected.answer, tuple(expected.acceptable), kind)
    for rule in _rules(given, said, line, candidates, kind, strictness):
        if (found := rule()) is not None:
            return found
    main = line.accepted[0].text if line.accepted else expected.answer
    return _no("none", f"it is not the same as {main}")


def _yes(rule: Rule, confidence: float, reason: str, answer: str) -> Judgement:
    return Judgement(matched=True, confidence=confidence, rule=rule, reason=reason, matched_answer=answer)


def _no(rule: Rule, reason: str, answer: str = "", prompt: str | None = None) -> Judgement:
    return Judgement(matched=False, confidence=0.0, rule=rule, reason=reason, matched_answer=answer, prompt=prompt)


def _rules(
    given: str, said: Form, line: AnswerLine, candidates: Sequence[_Candidate], kind: str, strictness: Strictness
) -> Iterable[Callable[[], Judgement | None]]:
    """Yield the rules that may decide, in their order."""
    if kind in _VALUES and quantity_of(plain(given)) is not None:
        yield lambda: _number(given, candidates, strictness)
        others = [candidate for candidate in candidates if quantity_of(plain(candidate.text)) is None]
        yield lambda: _exact(said, others)
        return
    yield lambda: _exact(said, candidates)
    yield lambda: _required_parts(said, line, kind)
    yield lambda: _prompted(said, line, kind)
    if kind in _VALUES:
        return
    if kind == "date":
        yield lambda: _date(given, candidates)
        return
    near = [candidate for candidate in candidates if not _differ(said, candidate.form)]
    yield lambda: _spelling(said, near)
    if strictness >= Strictness.STANDARD:
        yield lambda: _synonym(given, candidates)
        if kind == "person":
            yield lambda: _surname(said, candidates)
        yield lambda: _alike(said, near)
    if strictness >= Strictness.LENIENT:
        yield lambda: _lemma(said, near)
        yield lambda: _within(said, candidates)


@lru_cache(maxsize=2048)
def _wordings(answer: str, acceptable: tuple[str, ...], kind: str) -> tuple[_Candidate, ...]:
    found = [
        _Candidate(wording.text, form_of(wording.text, kind), is_listed=at > 0)
        for at, wording in enumerate(read_answer_line(answer).accepted)
    ]
    found += [_Candidate(text, form_of(text, kind), is_listed=True) for text in acceptable]
    return tuple(candidate for candidate in found if candidate.form.words)


def _refused(said: Form, line: AnswerLine, kind: str) -> Judgement | None:
    for wording in line.refused:
        if said == form_of(wording.text, kind) or (wording.required and _says(said, wording, kind)):
            return _no("do_not_accept", f"the answer line refuses {wording.text}", wording.text)
    return None


def _two_answers(given: str, line: AnswerLine, expected: Expected) -> Judgement | None:
    """Refuse `Newton or Leibniz`: who gives two answers has given none."""
    words = plain(given)
    if " or " not in words:
        return None
    accepted = [*(wording.text for wording in line.accepted), *expected.acceptable]
    if any(" or " in plain(text) for text in accepted):
        return None
    return _no("two_answers", "only one answer may be given")


def _exact(said: Form, candidates: Sequence[_Candidate]) -> Judgement | None:
    for candidate in candidates:
        if said.squeezed == candidate.form.squeezed:
            if candidate.is_listed:
                return _yes("acceptable", 1.0, f"{candidate.text} is listed as acceptable", candidate.text)
            return _yes("exact", 1.0, "it is the answer as written", candidate.text)
    return None


def _required_parts(said: Form, line: AnswerLine, kind: str) -> Judgement | None:
    for wording in line.accepted:
        if wording.required and _says(said, wording, kind):
            parts = " and ".join(wording.required)
            return _yes("required_parts", 1.0, f"it says what must be said: {parts}", wording.text)
    return None


def _says(said: Form, wording: Wording, kind: str) -> bool:
    """Tell whether an answer has every required word of a wording and no word the wording does not have."""
    required = {word for part in wording.required for word in form_of(part, kind).words}
    whole = set(form_of(wording.text, kind).words)
    return required <= set(said.words) <= whole | required


def _prompted(said: Form, line: AnswerLine, kind: str) -> Judgement | None:
    for prompt in line.prompts:
        form = form_of(prompt.wording.text, kind)
        slips = allowed_edits(len(form.text)) if len(form.text) > _SHORT else 0
        same = edit_distance(said.text, form.text, slips) <= slips and said.numerals == form.numerals
        if same or (prompt.wording.required and _says(said, prompt.wording, kind)):
            ask = prompt.ask or "Can you be more specific?"
            return _no("prompt", "it is on the way: say more", prompt.wording.text, ask)
    return None


def _number(given: str, candidates: Sequence[_Candidate], strictness: Strictness) -> Judgement | None:
    """Compare values and not letters; a unit may be left out unless judged strictly, and never be another one."""
    said = quantity_of(plain(given))
    if said is None:
        return None
    for candidate in candidates:
        wanted = quantity_of(plain(candidate.text))
        if wanted is None or wanted.value != said.value:
            continue
        unnamed = not said.unit and strictness >= Strictness.STANDARD
        if said.unit == wanted.unit or unnamed or not wanted.unit:
            return _yes("value", 1.0, f"it is the same number as {candidate.text}", candidate.text)
    return None


def _date(given: str, candidates: Sequence[_Candidate]) -> Judgement | None:
    said = date_of(plain(given))
    for candidate in candidates if said else ():
        wanted = date_of(plain(candidate.text))
        if said is not None and wanted is not None and said.tells(wanted):
            return _yes("value", 1.0, f"it is the same date as {candidate.text}", candidate.text)
    return None


def _spelling(said: Form, candidates: Sequence[_Candidate]) -> Judgement | None:
    best: tuple[float, _Candidate] | None = None
    for candidate in candidates:
        text = candidate.form.text
        longer = max(len(said.text), len(text))
        if min(len(said.text), len(text)) <= _SHORT:
            continue
        slips = allowed_edits(len(text))
        distance = edit_distance(said.text, text, slips)
        similar = 1 - distance / longer
        if distance <= slips and similar >= _LEAST_SIMILAR and (best is None or similar > best[0]):
            best = (similar, candidate)
    if best is None:
        return None
    text = best[1].text
    return _yes("edit_distance", round(best[0], 2), f"it is {text} but for a slip of spelling", text)


def _synonym(given: str, candidates: Sequence[_Candidate]) -> Judgement | None:
    names = SYNONYMS.get(form_of(given, "text").text, frozenset[str]())
    for candidate in candidates if names else ():
        if form_of(candidate.text, "text").text in names:
            return _yes("synonym", 0.95, f"it is another name of {candidate.text}", candidate.text)
    return None


def _surname(said: Form, candidates: Sequence[_Candidate]) -> Judgement | None:
    """Accept a person's last name alone; of a ruler or a pope it is a number, which is not enough."""
    if len(said.words) != 1 or len(said.text) <= _SHORT:
        return None
    for candidate in candidates:
        words = candidate.form.words
        if len(words) > 1 and not candidate.form.numerals:
            slips = allowed_edits(len(words[-1])) // 2
            near = edit_distance(said.text, words[-1], slips) <= slips or (
                sounds_like(said.words, words[-1:]) and _look(said.text, words[-1])
            )
            if near and not _differ_in_words(said.words, words[-1:]):
                return _yes("surname", 0.9, f"the last name of {candidate.text} is enough", candidate.text)
    return None


def _alike(said: Form, candidates: Sequence[_Candidate]) -> Judgement | None:
    for candidate in candidates:
        text = candidate.form.text
        if len(said.text) > _SHORT and sounds_like(said.words, candidate.form.words) and _look(said.text, text):
            return _yes("phonetic", 0.9, f"it sounds like {candidate.text}", candidate.text)
    for candidate in candidates:
        similar = ngram_similarity(said.text, candidate.form.text)
        if similar >= _LEAST_NGRAM:
            return _yes("ngram", round(similar, 2), f"nearly the same as {candidate.text}", candidate.text)
    for candidate in candidates:
        similar = token_similarity(said.words, candidate.form.words)
        if similar >= _LEAST_TOKEN:
            return _yes("token", round(similar, 2), f"the same words as {candidate.text}", candidate.text)
    return None


def _look(one: str, other: str) -> bool:
    longer = max(len(one), len(other))
    return 1 - edit_distance(one, other, longer) / longer >= _LEAST_LOOK


def _lemma(said: Form, candidates: Sequence[_Candidate]) -> Judgement | None:
    stems = sorted(stem(word) for word in said.words)
    for candidate in candidates:
        if stems == sorted(stem(word) for word in candidate.form.words):
            return _yes("lemma", 0.85, f"another form of {candidate.text}", candidate.text)
    return None


def _within(said: Form, candidates: Sequence[_Candidate]) -> Judgement | None:
    """Accept an answer in the middle of a short sentence that does not turn it around."""
    for candidate in candidates:
        words = candidate.form.words
        around = len(said.words) - len(words)
        if not 0 < around <= _MOST_AROUND or len(candidate.form.text) <= _SHORT:
            continue
        for at in range(around + 1):
            others = (*said.words[:at], *said.words[at + len(words) :])
            if said.words[at : at + len(words)] == words and TURNING.isdisjoint(others) and _is_prose(others):
                return _yes("within", 0.85, f"{candidate.text} is in it", candidate.text)
    return None


# Words of a sentence around an answer. Anything else beside an answer names something more particular.
_PROSE_WORDS: Final = """
    is was are were be it its this that he she they i think say said called known as answer would will must has have
    of in on at to for by from with and his her their my final my guess process name named person place thing
"""
_PROSE: Final = frozenset(_PROSE_WORDS.split())


def _is_prose(words: Sequence[str]) -> bool:
    return all(word in _PROSE for word in words)


def _choice(given: str, line: AnswerLine, expected: Expected) -> Judgement:
    """Compare the letter of a choice, or its text when that was said instead."""
    said = form_of(given, "text").words
    words = tuple(word for word in said if word not in {"letter", "option", "choice", "number"})
    for text in (*(wording.text for wording in line.accepted), *expected.acceptable):
        wanted = form_of(text, "text").words or tuple(plain(text).split())
        letter, rest = (wanted[0], wanted[1:]) if wanted and len(wanted[0]) == 1 else ("", wanted)
        if words and words in {wanted, rest, (letter,)}:
            return _yes("choice", 1.0, f"it is choice {text}", text)
    return _no("none", "it is another choice")


def _differ(said: Form, wanted: Form) -> bool:
    """Tell whether two answers name different things however alike they look.

    That is with other numbers, with a word that turns one into the other, and by names known to be confused.
    """
    if said.numerals != wanted.numerals or are_different(said.text, wanted.text):
        return True
    return _differ_in_words(said.words, wanted.words)


def _differ_in_words(said: Sequence[str], wanted: Sequence[str]) -> bool:
    mine, theirs = set(said) - set(wanted), set(wanted) - set(said)
    turning = (mine | theirs) & TURNING
    if any(not _sounds_like_any(word, theirs if word in mine else mine) for word in turning):
        return True
    if not (_are_initials(mine, theirs) and _are_initials(theirs, mine)):
        return True
    return any(are_different(one, other) or are_opposed(one, other) for one in mine for other in theirs)


def _sounds_like_any(word: str, others: Iterable[str]) -> bool:
    """Tell whether a word may only be heard for another one, as right is for Wright."""
    return any(sounds_like((word,), (other,)) for other in others)


def _are_initials(words: Iterable[str], others: Iterable[str]) -> bool:
    """Tell whether every single letter among some words may stand for one of the others."""
    return all(any(other.startswith(word) for other in others) for word in words if len(word) == 1 and word.isalpha())
