"""Writes the API's OpenAPI document: python -m infra.openapi > docs/reference/openapi.json."""

import importlib
import sys
from pathlib import Path
from typing import Any

import msgspec

from infra.local.template import functions_of
from shared.api.openapi import document
from shared.version import VERSION

TEMPLATE = Path(__file__).resolve().parents[1] / "template.yaml"


def describe() -> dict[str, Any]:
    """Return the document of every function in the template."""
    services = [
        importlib.import_module(function.handler.removesuffix(".handler.handler") + ".routes").routes
        for function in functions_of(TEMPLATE)
    ]
    return document(services, title="UnaMentis Cloud", version=VERSION)


def main() -> None:
    """Print it."""
    encoded = msgspec.json.format(msgspec.json.encode(describe()), indent=2)
    sys.stdout.write(encoded.decode() + "\n")


if __name__ == "__main__":
    main()
