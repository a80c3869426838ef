"""nginx's configuration, parsed as nginx parses it, and which of our halves it sends a path to."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final, cast

import crossplane
from crossplane.analyzer import DIRECTIVES

# The library has no types.
_PARSE: Final = cast("Any", crossplane.parse)  # pyright: ignore[reportUnknownMemberType]


def parsed(path: Path, folder: Path) -> list[dict[str, Any]]:
    """Return a file's directives with those of the files it includes in their place.

    Args:
        folder: what /etc/nginx/unamentis is here.
    """
    answer = cast("dict[str, Any]", _PARSE(str(path), single=True, check_ctx=False))
    assert answer["status"] == "ok", answer["errors"]
    directives: list[dict[str, Any]] = answer["config"][0]["parsed"]
    unknown = set(_names(directives)) - set(DIRECTIVES)
    assert not unknown, f"{path} names directives nginx does not know: {unknown}"
    return [*_included(directives, folder)]


def _names(block: list[dict[str, Any]]) -> Iterator[str]:
    """Yield the names of all directives; those inside a map are values."""
    for directive in block:
        yield directive["directive"]
        if directive["directive"] != "map":
            yield from _names(directive.get("block", []))


def _included(block: list[dict[str, Any]], folder: Path) -> Iterator[dict[str, Any]]:
    for directive in block:
        if directive["directive"] == "include":
            yield from parsed(folder / Path(directive["args"][0]).name, folder)
        elif "block" in directive:
            yield directive | {"block": [*_included(directive["block"], folder)]}
        else:
            yield directive


def found(block: list[dict[str, Any]], name: str) -> list[dict[str, Any]]:
    """Return all directives of a name, however deep."""
    return [
        hit
        for directive in block
        for hit in ([directive] if directive["directive"] == name else []) + found(directive.get("block", []), name)
    ]


def half_of(path: str, configuration: list[dict[str, Any]]) -> str:
    """Return the value of $unamentis_half for a path: its own, else of the first expression that fits."""
    (halves,) = [one for one in found(configuration, "map") if one["args"][1] == "$unamentis_half"]
    entries = [(entry["directive"], entry["args"][0]) for entry in halves["block"]]
    if path in dict(entries):
        return dict(entries)[path]
    for source, value in entries:
        if source.startswith("~") and re.search(source[1:], path):
            return value
    return dict(entries)["default"]
