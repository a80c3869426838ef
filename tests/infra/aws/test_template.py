"""template.yaml and the code name the same routes and handlers."""

import importlib
import re
from pathlib import Path

import pytest

from infra.local.template import Function, functions_of
from shared.api import Routes

ROOT = Path(__file__).resolve().parents[3]
FUNCTIONS = functions_of(ROOT / "template.yaml")


def routes_of(function: Function) -> Routes:
    module = importlib.import_module(function.handler.removesuffix(".handler.handler") + ".routes")
    return module.routes


def covers(template_path: str, path: str) -> bool:
    return re.fullmatch(re.sub(r"\{\w+\+\}", ".+", template_path), path) is not None


def test_every_service_is_in_the_template() -> None:
    folders = {path.name for path in (ROOT / "lambda").iterdir() if (path / f"{path.name}_api").is_dir()}
    assert {function.code.name for function in FUNCTIONS} == folders - {"migrate"}


@pytest.mark.parametrize("function", FUNCTIONS, ids=lambda function: function.name)
def test_every_route_of_the_code_is_in_the_template(function: Function) -> None:
    paths = [path for _, path in function.routes]
    unreachable = [r.path for r in routes_of(function).routes if not any(covers(p, r.path) for p in paths)]
    assert unreachable == []


@pytest.mark.parametrize("function", FUNCTIONS, ids=lambda function: function.name)
def test_every_route_of_the_template_leads_somewhere(function: Function) -> None:
    code = [route.path for route in routes_of(function).routes]
    idle = [path for _, path in function.routes if not any(covers(path, route) for route in code)]
    assert idle == []


def test_no_two_functions_share_a_route() -> None:
    paths = [path for function in FUNCTIONS for _, path in function.routes]
    assert len(paths) == len(set(paths))
