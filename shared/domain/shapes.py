"""Checks of untyped JSON that report every problem with its JSON pointer (RFC 6901), not only the first one."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, cast

import msgspec

from shared.errors import InvalidInput

MOST_PROBLEMS: Final = 200


class Problem(msgspec.Struct, frozen=True):
    """One place of a document and what was expected there."""

    pointer: str
    expected: str


@dataclass(slots=True)
class Findings:
    """The problems found so far, at most `MOST_PROBLEMS` of them."""

    problems: list[Problem] = field(default_factory=list[Problem])

    def add(self, pointer: str, expected: str) -> None:
        """Note a problem."""
        if len(self.problems) < MOST_PROBLEMS:
            self.problems.append(Problem(pointer, expected))


Check = Callable[[object, str, Findings], None]


def below(pointer: str, key: str | int) -> str:
    """Return the pointer of a member."""
    return f"{pointer}/{str(key).replace('~', '~0').replace('/', '~1')}"


def anything(_value: object, _pointer: str, _findings: Findings) -> None:
    """Accept every value."""


def text(most: int, *, least: int = 1) -> Check:
    """Return a check for a string of `least` to `most` characters that is not blank when `least` is above 0."""

    def check(value: object, pointer: str, findings: Findings) -> None:
        if not isinstance(value, str):
            findings.add(pointer, "must be a string")
        elif len(value) > most or len(value.strip()) < least:
            findings.add(pointer, f"must have {least} to {most} characters")
        elif "\x00" in value:
            findings.add(pointer, "must not contain NUL")

    return check


def matching(pattern: Callable[[str], object], expected: str) -> Check:
    """Return a check for a string that `pattern` accepts with a true value."""

    def check(value: object, pointer: str, findings: Findings) -> None:
        if not isinstance(value, str) or not pattern(value):
            findings.add(pointer, expected)

    return check


def integer(least: int, most: int) -> Check:
    """Return a check for a whole number in a range."""

    def check(value: object, pointer: str, findings: Findings) -> None:
        if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
            findings.add(pointer, f"must be a whole number from {least} to {most}")

    return check


def number(least: float, most: float) -> Check:
    """Return a check for a number in a range."""

    def check(value: object, pointer: str, findings: Findings) -> None:
        if not isinstance(value, int | float) or isinstance(value, bool) or not least <= value <= most:
            findings.add(pointer, f"must be a number from {least} to {most}")

    return check


def boolean(value: object, pointer: str, findings: Findings) -> None:
    """Accept true and false."""
    if not isinstance(value, bool):
        findings.add(pointer, "must be true or false")


def one_of(*allowed: str) -> Check:
    """Return a check for one of some words."""

    def check(value: object, pointer: str, findings: Findings) -> None:
        if value not in allowed:
            findings.add(pointer, f"must be one of {', '.join(allowed)}")

    return check


def array(item: Check, *, most: int, least: int = 0) -> Check:
    """Return a check for an array of `least` to `most` items."""

    def check(value: object, pointer: str, findings: Findings) -> None:
        if not isinstance(value, list):
            findings.add(pointer, "must be an array")
            return
        items = cast("list[Any]", value)
        if not least <= len(items) <= most:
            findings.add(pointer, f"must have {least} to {most} items")
        for index, member in enumerate(items[:most]):
            item(member, below(pointer, index), findings)

    return check


def record(required: Mapping[str, Check], optional: Mapping[str, Check]) -> Check:
    """Return a check for an object; unknown members pass, and an optional null counts as absent."""

    def check(value: object, pointer: str, findings: Findings) -> None:
        if not isinstance(value, dict):
            findings.add(pointer, "must be an object")
            return
        members = cast("dict[str, Any]", value)
        for key, member_check in required.items():
            if members.get(key) is None:
                findings.add(below(pointer, key), "required")
            else:
                member_check(members[key], below(pointer, key), findings)
        for key, member_check in optional.items():
            if members.get(key) is not None:
                member_check(members[key], below(pointer, key), findings)

    return check


def extent(value: object, *, most_values: int, most_depth: int) -> Problem | None:
    """Return the problem of a value that is too large or nested too deeply to be looked at any further.

    Works level by level, so that neither size nor depth can exhaust the stack.
    """
    level: list[object] = [value]
    seen = depth = 0
    while level:
        depth += 1
        seen += len(level)
        if seen > most_values:
            return Problem("", f"must hold at most {most_values} values")
        if depth > most_depth:
            return Problem("", f"must be nested at most {most_depth} deep")
        level = [member for item in level for member in _members(item)]
    return None


def _members(value: object) -> list[object]:
    if isinstance(value, dict):
        return list(cast("dict[str, object]", value).values())
    return cast("list[object]", value) if isinstance(value, list) else []


def refuse(problems: list[Problem], what: str) -> None:
    """Raise when there are problems.

    Raises: InvalidInput: `details` maps every pointer to what was expected there.
    """
    if problems:
        first = problems[0]
        more = f" and {len(problems) - 1} more" if len(problems) > 1 else ""
        raise InvalidInput(
            f"{what}: {first.pointer or 'the document'} {first.expected}{more}",
            details={problem.pointer: problem.expected for problem in problems},
        )
