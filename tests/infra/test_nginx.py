"""nginx's configuration parses, and sends each path of the code to the half that serves it."""

import re

import pytest

from core.operations import operations
from core.settings import read_settings
from infra.edge.routes import api_services, core_paths, limits, template_paths
from infra.local.gateway import TIMEOUT_SECONDS
from infra.local.server import ROOT
from infra.server import halves
from tests.support.nginx import found, half_of, parsed

FOLDER = ROOT / "infra" / "nginx"
CONFIGURATIONS = {name: parsed(FOLDER / f"{name}.conf", FOLDER) for name in ("container", "site")}
SECRET = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="
# Answered to this machine only.
PRIVATE = {"/metrics", "/ready"}


def example(path: str) -> str:
    """Return a path with something in the place of its parameters."""
    return re.sub(r"\{[^}]*\}", "x1", path)


def test_the_halves_are_those_of_the_code() -> None:
    assert halves.WRITTEN.read_text() == halves.written(), (
        "run: python -m infra.server.halves > infra/nginx/halves.conf"
    )


@pytest.mark.parametrize("name", CONFIGURATIONS)
def test_every_path_goes_to_the_half_that_serves_it(name: str) -> None:
    configuration = CONFIGURATIONS[name]
    core = set(core_paths())
    assert core >= {"/ws", "/ws/audio", "/v1/realtime", "/api/tts"}
    assert {path for path in core if half_of(example(path), configuration) != "unamentis_core"} == set()
    api = {
        *template_paths(),
        "/",
        "/app.js",
        "/console/",
        "/console/app.js",
        "/wsx",
        "/ws/",
        "/api/kb/packs/feedback/x",
    }
    assert {path for path in api if half_of(example(path), configuration) != "unamentis_api"} == set()


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
    largest = max(limits([*operations(), *api_services()]).values())
    assert int(value(server, "client_max_body_size").removesuffix("m")) * 1024**2 >= largest
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
