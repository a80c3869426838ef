"""docker-compose.yml as Compose sees it: merged, with variables in their place."""

import re
from collections.abc import Mapping
from typing import Any

import yaml

from infra.local.server import ROOT

_VARIABLE = re.compile(r"\$(?:\$|\{(?P<name>\w+)(?::(?P<how>[-?])(?P<rest>[^}]*))?\})")


class Missing(Exception):
    """A variable that must be set is not."""


def rendered(environ: Mapping[str, str]) -> dict[str, Any]:
    """Return the file with `${NAME}`, `${NAME:-default}` and `${NAME:?message}` replaced, and `$$` as `$`.

    Raises: Missing: the message of the first variable that must be set.
    """
    text = (ROOT / "docker-compose.yml").read_text(encoding="utf-8")

    def replaced(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: replaced(item) for key, item in value.items()}  # pyright: ignore[reportUnknownVariableType]
        if isinstance(value, list):
            return [replaced(item) for item in value]  # pyright: ignore[reportUnknownVariableType]
        return _VARIABLE.sub(lambda match: _value(match, environ), value) if isinstance(value, str) else value

    return replaced(yaml.safe_load(text))


def _value(match: "re.Match[str]", environ: Mapping[str, str]) -> str:
    if match[0] == "$$":
        return "$"
    value = environ.get(match["name"], "")
    if value or match["how"] is None:
        return value
    if match["how"] == "?":
        raise Missing(match["rest"])
    return match["rest"]
