"""A route is refused when it is registered wrongly, not when it is called."""

from typing import Any

import pytest

from shared.api import Access, Request, Routes


def test_a_handler_takes_the_paths_parameters_by_name() -> None:
    routes = Routes("kit")

    def handler(request: Request, other: str) -> None:
        raise NotImplementedError

    with pytest.raises(TypeError, match="pack_id"):
        routes.get("/packs/{pack_id}", access=Access.PUBLIC)(handler)


def test_a_handler_takes_a_request() -> None:
    def handler(request: str) -> None:
        raise NotImplementedError

    with pytest.raises(TypeError):
        Routes("kit").get("/packs", access=Access.PUBLIC)(handler)


def test_a_route_keeps_what_was_said_of_it() -> None:
    routes = Routes("kit")

    def handler(request: Request, body: dict[str, Any]) -> None:
        raise NotImplementedError

    for register in (routes.post, routes.put, routes.patch):
        assert register("/packs", access=Access.ACCOUNT, max_body=7)(handler) is handler
    assert [(route.method, route.max_body) for route in routes.routes] == [("POST", 7), ("PUT", 7), ("PATCH", 7)]
    assert {route.access for route in routes.routes} == {Access.ACCOUNT}
    assert routes.routes[0].body_model == dict[str, Any]
    assert routes.routes[0].query_model is None
