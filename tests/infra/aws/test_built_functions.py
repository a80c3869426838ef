"""The packaged functions under AWS's runtime client: only what the artifacts hold, against a real PostgreSQL."""

import base64
import re
import sysconfig
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import psycopg
import pytest

from infra.aws.package import compile_all, package_function, package_layer
from infra.aws.processed import process
from infra.aws.runtime_api import BuiltFunction
from infra.aws.stacks import COMPLETE, render
from shared.db.runner import migrations
from tests.conftest import with_database
from tests.support.api import ApiClient
from tests.support.identity import SECRET

ROOT = Path(__file__).resolve().parents[3]
SERVICES = ("auth", "kb", "curriculum", "sessions", "metrics", "admin")
SECRETS = {
    "DeploymentSecret.secret": base64.b64encode(SECRET).decode(),
    "OriginSecret.accepted": "new-value,old-value",
    "AppSecret.password": "a1",
    "OwnerSecret.password": "b2",
}
EDGE = {"x-origin-secret": "old-value"}
OWNERS = {"DATABASE_URL": "unamentis_app", "MIGRATION_DATABASE_URL": "unamentis_owner"}


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


def deployed(service: str, secrets: Mapping[str, str], databases: Mapping[str, str]) -> dict[str, str]:
    """Return a function's variables as the stack sets them, its secrets read, on another database.

    Args:
        secrets: values by the name of the secret and its key, such as "OriginSecret.accepted".
        databases: URLs by the name of the variable that holds one.
    """
    functions = render(COMPLETE, process=process)["Api"].resources
    variables: dict[str, str] = functions[f"{service.capitalize()}Function"]["Properties"]["Environment"]["Variables"]
    reference = r"\{\{resolve:secretsmanager:\$\{Data\.(\w+)\}:SecretString:(\w+)\}\}"
    read = {
        name: re.sub(reference, lambda found: secrets[f"{found[1]}.{found[2]}"], value)
        for name, value in variables.items()
    }
    for name, url in databases.items():
        wanted = urlsplit(read[name])
        assert (wanted.username, wanted.query.split("&")[0]) == (OWNERS[name], "sslmode=verify-full")
        read[name] = url
    return read


@pytest.fixture
def client(artifacts: Path, database_url: str) -> Iterator[dict[str, ApiClient]]:
    """One running process per built function, with the deployed functions' variables."""
    with ExitStack() as stack:
        clients: dict[str, ApiClient] = {}
        for service in SERVICES:
            environment = deployed(service, SECRETS, {"DATABASE_URL": database_url})
            function = stack.enter_context(built(artifacts, service, environment))
            clients[service] = ApiClient(Remote(function), headers=EDGE)
        yield clients


def test_the_layer_holds_what_the_databases_address_names(artifacts: Path) -> None:
    url = urlsplit(deployed("auth", SECRETS, {})["DATABASE_URL"])
    authorities = Path(parse_qs(url.query)["sslrootcert"][0])
    assert (artifacts / "layer" / authorities.relative_to("/opt")).is_file()


def test_without_the_edges_secret_nothing_is_answered(client: dict[str, ApiClient]) -> None:
    answer = replace(client["auth"], headers=None).get("/api/auth/me")
    assert (answer.status, answer.body["code"]) == (403, "origin_locked")


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
