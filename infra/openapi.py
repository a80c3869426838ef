"""Writes the API's OpenAPI document: python -m infra.openapi > docs/reference/openapi.json."""

import importlib
import sys
from pathlib import Path
from typing import Any

import msgspec

from core.operations import operations
from infra.local.template import functions_of
from shared.api.openapi import document
from shared.version import VERSION

TEMPLATE = Path(__file__).resolve().parents[1] / "template.yaml"


def describe() -> dict[str, Any]:
    """Return the document of core's operations and of every function in the template."""
    functions = functions_of(TEMPLATE)
    # As the local server does: each function's code is a root of its own.
    sys.path += [str(function.code) for function in functions if str(function.code) not in sys.path]
    services = [
        importlib.import_module(function.handler.removesuffix(".handler.handler") + ".routes").routes
        for function in functions
    ]
    return document([*operations(), *services], title="UnaMentis Cloud", version=VERSION)


def written() -> str:
    """Return it as it is kept in the repository."""
    return msgspec.json.format(msgspec.json.encode(describe()), indent=2).decode() + "\n"


def main() -> None:
    """Print it."""
    sys.stdout.write(written())


if __name__ == "__main__":
    main()
