"""The edge knows every path behind it, and none that is not for the internet."""

import json
from typing import Any

import pytest
from aiohttp import web

from infra.edge import routes


def test_what_is_kept_in_the_repository_is_what_the_code_says() -> None:
    hint = "paths have changed: python -m infra.edge.routes > infra/edge/src/routes.json"
    assert routes.WRITTEN.read_text(encoding="utf-8") == routes.written(), hint


def test_metrics_are_not_for_the_internet() -> None:
    known: dict[str, Any] = json.loads(routes.WRITTEN.read_text(encoding="utf-8"))
    assert set(routes.SOCKETS) <= set(known["core"])
    assert not [path for path in (*known["core"], *known["api"]) if "metrics" in path and not path.startswith("/api/")]


def test_paths_are_written_as_templates_write_them() -> None:
    app = web.Application()
    written = [
        routes.template_of(app.router.add_resource(path))
        for path in ("/ws", "/api/tts/{name}", "/media/{owner}/{rest:.+}", "/files/{rest:.*}")
    ]
    assert written == ["/ws", "/api/tts/{name}", "/media/{owner}/{rest+}", "/files/{rest+}"]


def test_a_pattern_the_edge_cannot_read_is_not_guessed_at() -> None:
    resource = web.Application().router.add_resource(r"/api/tts/{year:\d+}")
    with pytest.raises(ValueError, match="year"):
        routes.template_of(resource)


def test_limits_are_those_of_the_routes() -> None:
    known = routes.table()
    assert known["limits"]["/api/curricula/import"] == 10 * 1024 * 1024
    assert known["limits"]["/api/metrics"] == 65_536
    assert "/api/auth/login" not in known["limits"]
