"""template.yaml and the code name the same routes, handlers and rights."""

import importlib
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from infra.local.template import Function, TemplateLoader, functions_of
from shared.api import Routes

ROOT = Path(__file__).resolve().parents[3]
TEMPLATE = ROOT / "template.yaml"
FUNCTIONS = functions_of(TEMPLATE)


def template() -> dict[str, Any]:
    return yaml.load(TEMPLATE.read_text(), TemplateLoader)  # noqa: S506  a SafeLoader


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


def test_every_function_has_a_role_and_a_log_of_its_own() -> None:
    resources = template()["Resources"]
    functions = {k: v["Properties"] for k, v in resources.items() if v["Type"] == "AWS::Serverless::Function"}
    assert len({str(p["Role"]) for p in functions.values()}) == len(functions)
    assert len({str(p["LoggingConfig"]["LogGroup"]) for p in functions.values()}) == len(functions)


def statements() -> list[tuple[str, list[str], object]]:
    """Every statement of every policy: the resource it stands in, its actions and what it names."""
    found: list[tuple[str, list[str], object]] = []
    for name, resource in template()["Resources"].items():
        properties: dict[str, Any] = resource.get("Properties", {})
        policies: list[dict[str, Any]] = properties.get("Policies", [])
        documents = [properties["PolicyDocument"]] if "PolicyDocument" in properties else []
        for document in [*documents, *(policy["PolicyDocument"] for policy in policies)]:
            for statement in document["Statement"]:
                action: str | list[str] = statement["Action"]
                actions = [action] if isinstance(action, str) else action
                found.append((name, actions, statement["Resource"]))
    return found


def test_only_network_interfaces_may_name_every_resource() -> None:
    assert [name for name, _, resource in statements() if resource == "*"] == ["NetworkPolicy"]


def test_no_right_is_a_wildcard() -> None:
    assert [action for _, actions, _ in statements() for action in actions if "*" in action] == []


def test_every_log_group_forgets() -> None:
    groups = [r for r in template()["Resources"].values() if r["Type"] == "AWS::Logs::LogGroup"]
    assert groups
    assert all("RetentionInDays" in group["Properties"] for group in groups)
