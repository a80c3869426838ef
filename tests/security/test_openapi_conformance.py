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
# Operations that refuse requests the document allows, and the rule that no schema says. Everywhere else, a request that
# fits the document is never refused for its form.
WANTS_TO_NAME_IT = "what is missing is told by the operation itself, so its schema cannot require it"
DEPENDS = "its fields depend on each other"
IN_THE_TEXT = "a text has a form of its own: an address, a word of a list, levels with commas, a table"
TOLD_ELSEWHERE = "what `session.update` takes is told by the Realtime API, not by this document"
NO_FRACTION = "a whole number is written without a fraction; to JSON Schema 1.0 is one"
BEYOND_THE_SCHEMA = {
    WANTS_TO_NAME_IT: {
        *(f"POST /api/auth/{name}" for name in ("apple", "google", "login", "register", "refresh", "password")),
        "POST /api/import/uploads",
        *("POST /api/auth/forgot-password", "POST /api/auth/reset-password", "GET /api/auth/verify-email"),
        *("POST /api/clients/heartbeat", "POST /api/curricula", "POST /api/curricula/import"),
        "POST /api/curricula/{curriculum_id}/topics/{topic_id}/assets",
        *("POST /api/kb/answers/judge", "POST /api/metrics", "POST /api/metrics/ingest"),
        *("PUT /api/sessions/{session_id}/position", "PUT /api/tts/cache", "POST /api/sessions/{session_id}/signals"),
    },
    DEPENDS: {
        *("POST /api/tts/pregen/extract", "POST /api/tts/pregen/jobs", "POST /api/tts/pregen/sessions"),
        *("POST /api/system/idle/config", "POST /api/system/profiles", "PUT /api/system/profiles/{mode_id}"),
        *("PATCH /api/auth/me", "GET /api/usage", "GET /api/tts/cache", "DELETE /api/tts/cache"),
        *("PATCH /api/curricula/{curriculum_id}", "PUT /api/curricula/{curriculum_id}"),
        *("POST /api/media/diagrams/validate", "POST /api/media/diagrams/render", "POST /api/media/maps/render"),
        *("POST /api/kb/questions/bulk-update", "POST /api/kb/packs/preview-dedup", "POST /api/tts/cache/evict"),
    },
    IN_THE_TEXT: {
        *("POST /api/admin/session", "POST /api/auth/identities", "POST /api/kb/packs/import", "POST /api/servers"),
        *("GET /api/kb/feedback/{word}", "GET /api/kb/audio/{question_id}/{segment}", "GET /api/kb/questions"),
        *("POST /api/logs", "GET /api/logs", "POST /log", "POST /api/tts", "POST /api/tts/prefetch/topic"),
        "GET /api/curricula/{curriculum_id}/topics/{topic_id}/stream-audio",
        *("POST /api/tts/profiles", "POST /api/tts/profiles/import", "PUT /api/tts/profiles/{profile_id}"),
        *("POST /api/kb/prefetch", "GET /api/kb/manifest/{module_id}", "POST /api/plugins/initialize"),
        *("GET /api/kb/coverage/{module_id}", "POST /api/media/formulas/render"),
    },
    TOLD_ELSEWHERE: {"POST /api/realtime/token", "POST /v1/realtime/client_secrets"},
    NO_FRACTION: {
        *("POST /api/tts/modules/{module_id}/profiles", "POST /api/tts/pregen/variants/{variant_id}/rate"),
        *("POST /api/kb/packs/bundle", "POST /api/kb/questions", "POST /api/sessions/{session_id}/turns"),
    },
}
RULES = {operation: rule for rule, operations in BEYOND_THE_SCHEMA.items() for operation in operations}
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
    # No text may hold a NUL, wherever it is: tests/security/test_bad_input.py tries each field with one.
    made.config.generation.allow_x00 = False
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
        excluded: list[Any] = [positive_data_acceptance] if f"{method} {path}" in RULES else []
        case.call_and_validate(headers={"Authorization": f"Bearer {token}"}, excluded_checks=excluded)

    ask()


def test_the_rules_are_about_operations_there_are() -> None:
    known = {f"{method.upper()} {path}" for path, methods in DOCUMENT["paths"].items() for method in methods}
    assert RULES.keys() <= known
    # Most of what there is says all of its rules.
    assert len(RULES) * 4 < len(known)
