"""A route is refused when it is registered wrongly, not when it is called; a part is imported when it is called."""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from shared.api import Access, Request, Routes


@pytest.fixture
def make_module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str, str], str]:
    """Write a module with one route and return its name, which no other test's has."""
    # Where Python looks for modules: the service's are made for this test, nothing of ours is replaced.
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])

    def write(name: str, path: str) -> str:
        name = f"{name}_{uuid4().hex}"
        parameters = "".join(f", {part[1:-1]}: str" for part in path.split("/") if part.startswith("{"))
        (tmp_path / f"{name}.py").write_text(
            "from shared.api import Access, Request, Routes\n"
            "routes = Routes('part')\n"
            f"@routes.get({path!r}, access=Access.PUBLIC)\n"
            f"def answer(request: Request{parameters}) -> None: ...\n"
        )
        return name

    return write


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


def test_a_part_is_imported_for_its_paths_alone(make_module: Callable[[str, str], str]) -> None:
    packs = make_module("packs", "/packs/{pack_id}")
    quizzes = make_module("quizzes", "/quizzes/{quiz_id}/answers")
    routes = Routes("kit")
    routes.part(packs, "/packs")
    routes.part(quizzes, "/quizzes/{quiz_id}/answers")
    for path in ("/", "/pack/1", "/packsaddle/1", "/quizzes", "/quizzes/1", "/quizzes/1/questions"):
        assert not any(route.match(path) for route in routes.about(path))
    assert not {packs, quizzes} & set(sys.modules)
    assert [route.path for route in routes.about("/quizzes/1/answers/") if route.match("/quizzes/1/answers/")]
    assert packs not in sys.modules
    assert [route.path for route in routes.routes] == ["/packs/{pack_id}", "/quizzes/{quiz_id}/answers"]


def test_a_part_keeps_to_its_paths(make_module: Callable[[str, str], str]) -> None:
    routes = Routes("kit")
    routes.part(make_module("strays", "/elsewhere"), "/packs")
    with pytest.raises(TypeError, match="/elsewhere"):
        list(routes.routes)


@pytest.mark.parametrize(
    ("path", "asked", "found"),
    [
        ("/packs", "/packs/", {}),
        ("/packs/{pack_id}", "/packs/a b", {"pack_id": "a b"}),
        ("/packs/{pack_id}", "/packs/", None),
        ("/packs/{pack_id}", "/packs/1/2", None),
        ("/packs.{pack_id}", "/packsx1", None),
        ("/models/{model_id+}/load", "/models/a/b/load/", {"model_id": "a/b"}),
    ],
)
def test_a_path_matches_whole(path: str, asked: str, found: dict[str, str] | None) -> None:
    routes = Routes("kit")

    def all_packs(request: Request) -> None:
        raise NotImplementedError

    def one_pack(request: Request, pack_id: str) -> None:
        raise NotImplementedError

    def one_model(request: Request, model_id: str) -> None:
        raise NotImplementedError

    handler = one_pack if "pack_id" in path else one_model if "model_id" in path else all_packs
    routes.get(path, access=Access.PUBLIC)(handler)
    match = routes.routes[0].match(asked)
    assert (match.groupdict() if match else None) == found
