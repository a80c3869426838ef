r"""The notation of quiz packets (ACF, NAQT): what must be said, what is accepted, prompted and refused.

    ANSWER: Isaac <u>Newton</u> [accept N; prompt on "the author of Principia" by asking "who?"; do not accept Hooke]

Underlined parts (`<u>x</u>`, `_x_`, `__x__`, `**x**`) are what must be said; words around them may be said. Without
any, all of it must be said. Directives stand in brackets, in parentheses or behind a semicolon, and are separated by
semicolons: accept, also accept, or; prompt on, with what to ask behind `by asking` or `with`; do not accept, reject,
do not accept or prompt on. Alternatives in a directive stand between `or` and commas before `or`. What a directive
limits (`before "gravity" is read`) cannot be told from an answer alone and is left out.
"""

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Final

import msgspec

_UNDERLINED: Final = re.compile(
    r"<u>(.+?)</u>|<b>(.+?)</b>|\*\*(.+?)\*\*|__(.+?)__|(?<![A-Za-z0-9])_(.+?)_(?![A-Za-z0-9])",
    re.IGNORECASE | re.DOTALL,
)
_TAGS: Final = re.compile(r"</?[a-z][^>]{0,40}>|\*\*|__|(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])", re.IGNORECASE)
_PREFIX: Final = re.compile(r"^\s*answers?\s*:\s*", re.IGNORECASE)
_DIRECTIVE: Final = re.compile(
    r"^\s*(?P<kind>do not accept or prompt(?: on)?|do not (?:accept|prompt)(?: on)?|don't accept|reject|"
    r"anti-?prompt on|prompt(?: on)?|also accept|or accept|accept|or)\b\s*:?\s*(?P<what>.*)$",
    re.IGNORECASE | re.DOTALL,
)
_ASKING: Final = re.compile(
    r"\s+(?:by asking|by saying|with|asking)\s+[\"'\u201c\u2018](?P<ask>.+?)[\"'\u201d\u2019]\s*$", re.DOTALL
)
_LIMIT: Final = re.compile(r"\s+(?:before|until|after|when|if|unless|on the first)\b.*$", re.IGNORECASE | re.DOTALL)
_REMARK: Final = re.compile(
    r"^(?:either|any|all|obvious|reasonable|logical|clear|equivalents?|word forms?|other|descriptions?|just"
    r"|in (?:any|either) order|partial|less specific|more specific|anything)\b.*",
    re.IGNORECASE,
)
_QUOTES: Final = "\"'\u201c\u201d\u2018\u2019"
_GROUPS: Final = re.compile(r"\[([^\[\]]*)\]|\(([^()]*)\)")
_LONGEST: Final = 4_000


class Wording(msgspec.Struct, frozen=True):
    """One way to say an answer.

    Attributes:
        text: all of it. required: the underlined parts, each of which must be said; empty means all of it.
    """

    text: str
    required: tuple[str, ...] = ()


class Prompt(msgspec.Struct, frozen=True):
    """An answer that is on the way; `ask` is what to ask then, empty where the line does not say."""

    wording: Wording
    ask: str


class AnswerLine(msgspec.Struct, frozen=True):
    """What a line says; the first of `accepted` is the answer itself."""

    accepted: tuple[Wording, ...]
    prompts: tuple[Prompt, ...]
    refused: tuple[Wording, ...]


@lru_cache(maxsize=4096)
def read_answer_line(line: str) -> AnswerLine:
    """Return what an answer line says; a plain answer is a line that says nothing else."""
    accepted: list[Wording] = []
    prompts: list[Prompt] = []
    refused: list[Wording] = []
    main, directives = _split(_PREFIX.sub("", line[:_LONGEST]))
    accepted.append(_wording(main))
    for directive in directives:
        match = _DIRECTIVE.match(directive)
        if match is None:
            continue
        kind = match["kind"].lower()
        if kind.startswith(("do not", "don't", "reject")):
            if kind not in {"do not prompt", "do not prompt on"}:
                refused += [_wording(text) for text in _alternatives(match["what"])]
        elif "prompt" in kind:
            what, ask = _asked(match["what"])
            prompts += [Prompt(_wording(text), ask) for text in _alternatives(what)]
        else:
            accepted += [_wording(text) for text in _alternatives(match["what"])]
    return AnswerLine(
        tuple(wording for wording in accepted if wording.text),
        tuple(prompt for prompt in prompts if prompt.wording.text),
        tuple(wording for wording in refused if wording.text),
    )


def said_answer(line: str) -> str:
    """Return what is read aloud of an answer: without notation and directives."""
    accepted = read_answer_line(line).accepted
    return accepted[0].text if accepted else line


def _split(line: str) -> tuple[str, list[str]]:
    """Return the answer itself, up to the first directive, and the directives.

    A group in brackets that is no directive is dropped.
    """
    directives: list[str] = []

    def take(match: "re.Match[str]") -> str:
        group: str = match[1] if match[1] is not None else match[2]
        parts = list(_parts(group))
        if parts and _DIRECTIVE.match(_TAGS.sub("", parts[0])):
            directives.extend(parts)
        return " "

    parts = list(_parts(_GROUPS.sub(take, line)))
    first = next((at for at, part in enumerate(parts) if at and _DIRECTIVE.match(_TAGS.sub("", part))), len(parts))
    return "; ".join(parts[:first]), [*parts[first:], *directives]


def _parts(text: str) -> list[str]:
    return [part.strip() for part in text.split(";") if part.strip()]


def _asked(what: str) -> tuple[str, str]:
    match = _ASKING.search(what)
    return (what[: match.start()], match["ask"].strip()) if match else (what, "")


def _alternatives(what: str) -> Iterator[str]:
    """Yield what stands between `or`s, without limits and remarks."""
    for part in re.split(r",?\s+or\s+|\s*/\s*(?=\S{3,})|,\s*(?=[\"'\u201c])", what):
        text = _LIMIT.sub("", part).strip().rstrip(".,")
        if text and not _REMARK.match(_TAGS.sub("", text)):
            yield text


def _wording(text: str) -> Wording:
    required = tuple(
        part.strip()
        for match in _UNDERLINED.finditer(text)
        if (part := next(group for group in match.groups() if group))
    )
    whole = _TAGS.sub("", text).strip().strip(_QUOTES).strip().rstrip(".,")
    parts = tuple(_TAGS.sub("", part).strip(_QUOTES) for part in required)
    return Wording(whole, () if parts == (whole,) else parts)
