"""Requests made from our own OpenAPI document: no 5xx, and no answer the document does not describe.

The same at length, against a running `./unamentis up`:

    schemathesis run docs/reference/openapi.json --url http://127.0.0.1:8766 --header "Authorization: Bearer <token>"
"""

from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from schemathesis import GenerationMode
from schemathesis.specs.openapi.checks import (
    positive_data_acceptance,  # pyright: ignore[reportUnknownVariableType]  its Case is generic without a parameter
)

from infra.openapi import describe
from shared.api import Context, Service
from tests.conftest import ALPHA_TENANT
from tests.support.identity import add_access_token
from tests.support.people import add_person
from tests.support.services import all_routes
from tests.support.unlimited import unlimited_context
from tests.support.wsgi import Application

EXAMPLES = 4
DOCUMENT = describe()
CASES = [
    (mode, method.upper(), path)
    for path, methods in DOCUMENT["paths"].items()
    for method, operation in methods.items()
    for mode in GenerationMode
    # Without a parameter or a body there is nothing to get wrong.
    if mode is GenerationMode.POSITIVE or operation["parameters"] or "requestBody" in operation
]


@pytest.fixture(scope="module")
def context(postgres_url: str, template_database: str) -> Iterator[Context]:
    """One database for all: whatever state requests leave, answers keep to the document."""
    with unlimited_context(postgres_url, template_database) as made:
        yield made


@pytest.fixture(scope="module")
def schema(context: Context) -> Any:
    made = schemathesis.openapi.from_dict(DOCUMENT)
    made.app = Application([Service(routes, context) for routes in all_routes().values()])
    # A body that breaks the schema by its size is refused for that.
    made.config.checks.negative_data_rejection.expected_statuses.append("413")
    return made


@pytest.mark.parametrize(("mode", "method", "path"), CASES, ids=lambda value: getattr(value, "value", value))
def test_answers_are_as_described(schema: Any, context: Context, mode: GenerationMode, method: str, path: str) -> None:
    operation = schema[path][method]

    @seed(8766)
    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        database=None,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large],
    )
    @given(case=operation.as_strategy(generation_mode=mode))
    def ask(case: Any) -> None:
        # Somebody new each time: one of the operations removes whoever asks.
        token = add_access_token(context.database, add_person(context.database, ALPHA_TENANT))
        # A schema does not say everything: an address that is none is refused although it is a string.
        case.call_and_validate(headers={"Authorization": f"Bearer {token}"}, excluded_checks=[positive_data_acceptance])

    ask()
