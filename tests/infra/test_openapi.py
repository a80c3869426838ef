"""The kept document is valid OpenAPI 3.1, and says what the code says."""

from pathlib import Path

from openapi_spec_validator import OpenAPIV31SpecValidator

from infra.openapi import describe, written

KEPT = Path(__file__).parents[2] / "docs" / "reference" / "openapi.json"


def test_it_is_valid() -> None:
    assert [str(error) for error in OpenAPIV31SpecValidator(describe()).iter_errors()] == []


def test_the_kept_one_is_fresh() -> None:
    assert KEPT.read_text(encoding="utf-8") == written(), (
        "write it anew: python -m infra.openapi > docs/reference/openapi.json"
    )
