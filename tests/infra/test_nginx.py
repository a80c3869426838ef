"""nginx's configuration parses, and sends each path of the code to the half that serves it."""

import re

import pytest
from aiohttp import web

from core.app import build_app
from core.settings import read_settings
from infra.local.gateway import MAX_BODY_BYTES, TIMEOUT_SECONDS
from infra.local.server import ROOT
from infra.local.template import functions_of
from tests.support.nginx import found, half_of, parsed

FOLDER = ROOT / "infra" / "nginx"
CONFIGURATIONS = {name: parsed(FOLDER / f"{name}.conf", FOLDER) for name in ("container", "site")}
SECRET = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="
# Answered to this machine only.
PRIVATE = {"/metrics", "/ready"}


def example(path: str) -> str:
    """Return a path with something in the place of its parameters."""
    return re.sub(r"\{[^}]*\}", "x1", path)


@pytest.fixture(scope="module")
def core_paths() -> set[str]:
    environ = {"DATABASE_URL": "postgresql://127.0.0.1:9/x", "UNAMENTIS_SECRET": SECRET, "UNAMENTIS_PROVIDERS": "mock"}
    app: web.Application = build_app(read_settings(environ))
    return {route.resource.canonical for route in app.router.routes() if route.resource is not None} - PRIVATE


@pytest.fixture(scope="module")
def api_paths() -> set[str]:
    return {path for function in functions_of(ROOT / "template.yaml") for _, path in function.routes}


@pytest.mark.parametrize("name", CONFIGURATIONS)
def test_every_path_goes_to_the_half_that_serves_it(name: str, core_paths: set[str], api_paths: set[str]) -> None:
    configuration = CONFIGURATIONS[name]
    wrong = {path for path in core_paths if half_of(example(path), configuration) != "unamentis_core"}
    assert wrong == set(), "core serves these: name them in infra/nginx/halves.conf"
    wrong = {path for path in api_paths | {"/", "/app.js"} if half_of(example(path), configuration) != "unamentis_api"}
    assert wrong == set(), "the functions serve these"
    assert core_paths >= {"/ws", "/ws/audio", "/v1/realtime", "/api/tts"}


@pytest.mark.parametrize("name", CONFIGURATIONS)
def test_a_server_limits_hides_and_upgrades(name: str) -> None:
    configuration = CONFIGURATIONS[name]
    (server,) = [one["block"] for one in found(configuration, "server") if found(one.get("block", []), "location")]
    locations = {tuple(one["args"]): one["block"] for one in found(server, "location")}
    for path in PRIVATE:
        assert locations["=", path][0] == locations["=", path][0] | {"directive": "return", "args": ["404"]}
    headers = {one["args"][0]: one["args"][1] for one in found(locations["/",], "proxy_set_header")}
    assert headers["Upgrade"] == "$http_upgrade"
    assert headers["X-Forwarded-For"] == "$proxy_add_x_forwarded_for"
    assert headers["CF-Connecting-IP"] == ""
    assert value(server, "client_max_body_size") == f"{MAX_BODY_BYTES // 1024**2}m"
    assert seconds(value(server, "proxy_read_timeout")) > TIMEOUT_SECONDS
    heartbeat = read_settings({"DATABASE_URL": "x", "UNAMENTIS_SECRET": SECRET}).voice.heartbeat_s
    assert seconds(value(server, "proxy_read_timeout")) > 2 * heartbeat
    assert found(server, "limit_req")
    assert found(server, "limit_conn")
    (log,) = found(configuration, "log_format")
    assert not re.search(r"\$(request|request_uri|args|http_\w+|query_string)\b", " ".join(log["args"]))


@pytest.mark.parametrize("name", CONFIGURATIONS)
def test_both_halves_have_a_group(name: str) -> None:
    groups = {one["args"][0] for one in found(CONFIGURATIONS[name], "upstream")}
    assert groups == {"unamentis_api", "unamentis_core"}


def value(block: list[dict[str, object]], name: str) -> str:
    (directive,) = found(block, name)
    return directive["args"][0]


def seconds(text: str) -> int:
    assert text.endswith("s")
    return int(text[:-1])
