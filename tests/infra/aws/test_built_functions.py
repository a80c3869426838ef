"""The packaged functions under AWS's runtime client: only what the artifacts hold, against a real PostgreSQL."""

import base64
import sysconfig
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pytest

from infra.aws.package import compile_all, package_function, package_layer
from infra.aws.runtime_api import BuiltFunction
from shared.db.runner import migrations
from tests.conftest import with_database
from tests.support.api import ApiClient
from tests.support.identity import SECRET

ROOT = Path(__file__).resolve().parents[3]
SERVICES = ("auth", "kb", "curriculum", "sessions", "metrics")


@dataclass(frozen=True, slots=True)
class Remote:
    """A built function as the client of tests/support calls a service."""

    function: BuiltFunction

    def handle(self, event: Mapping[str, Any], lambda_context: object) -> dict[str, Any]:  # noqa: ARG002  Lambda's own
        return self.function.invoke(event)


@pytest.fixture(scope="module")
def artifacts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The layer and every function, packaged for this machine."""
    folder = tmp_path_factory.mktemp("artifacts")
    python = sysconfig.get_python_version()
    package_layer(folder / "layer", python, "host")
    compile_all(folder / "layer", python, mounted="/opt")
    for service in (*SERVICES, "migrate"):
        package_function(ROOT / "lambda" / service, folder / service)
        compile_all(folder / service, python, mounted="/var/task")
    return folder


def built(artifacts: Path, service: str, environment: Mapping[str, str]) -> BuiltFunction:
    folders = [artifacts / service, artifacts / "layer" / "python"]
    return BuiltFunction(f"{service}_api.handler.handler", folders, environment)


@pytest.fixture
def client(artifacts: Path, database_url: str) -> Iterator[dict[str, ApiClient]]:
    """One running process per built function, with the deployed functions' variables."""
    environment = {"DATABASE_URL": database_url, "UNAMENTIS_SECRET": base64.b64encode(SECRET).decode()}
    with ExitStack() as stack:
        running = {service: stack.enter_context(built(artifacts, service, environment)) for service in SERVICES}
        yield {service: ApiClient(Remote(function)) for service, function in running.items()}


def test_register_login_curricula_session(client: dict[str, ApiClient]) -> None:
    person = {"email": "ada@example.org", "password": "correct horse battery 7", "name": "Ada"}
    assert client["auth"].post("/api/auth/register", person).status == 201
    signed_in = client["auth"].post("/api/auth/login", person)
    assert signed_in.status == 200
    token = signed_in.body["access_token"]
    curricula = client["curriculum"].using(token).get("/api/curricula")
    assert (curricula.status, curricula.body["total"]) == (200, 0)
    session = client["sessions"].using(token).post("/api/sessions", {"curriculum_id": ""})
    assert (session.status, session.body["status"]) == (201, "created")
    assert client["kb"].using(token).get("/api/kb/packs").status == 200
    assert client["metrics"].get("/health").body["status"] == "healthy"


def test_a_forged_token_is_refused_in_the_artifact_too(client: dict[str, ApiClient]) -> None:
    answer = client["sessions"].using("uma_beta_2026_forged").get("/api/sessions")
    assert (answer.status, answer.body["code"]) == (401, "invalid_token")


def test_the_built_migration_makes_the_schema(artifacts: Path, postgres_url: str) -> None:
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute("CREATE DATABASE built_migration")
    url = with_database(postgres_url, "built_migration")
    with built(artifacts, "migrate", {"MIGRATION_DATABASE_URL": url}) as function:
        first, second = function.invoke({}), function.invoke({})
    versions = [migration.version for migration in migrations()]
    assert (first["applied"], second["applied"]) == (versions, [])
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute("DROP DATABASE built_migration")
