"""The routes of template.yaml and its nested stacks, so that what runs here and what is deployed cannot differ."""

from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import yaml

from infra.local.errors import LocalError


@dataclass(frozen=True, slots=True)
class Function:
    """A Lambda function that answers HTTP.

    Attributes:
        name: its logical id.
        code: the folder its modules are imported from.
        handler: dotted module and function, as in the template.
        routes: (method, path) pairs; method ANY takes all, `{name+}` takes the rest of the path.
    """

    name: str
    code: Path
    handler: str
    routes: tuple[tuple[str, str], ...]


class TemplateLoader(yaml.CSafeLoader):
    """YAML with CloudFormation's short functions (!Ref, !Sub, !GetAtt …), read as {"Ref": …}, {"Fn::Sub": …}."""


def intrinsic(loader: TemplateLoader, suffix: str, node: yaml.Node) -> dict[str, object]:
    """Read one short function in its long form."""
    if isinstance(node, yaml.ScalarNode):
        value: object = loader.construct_scalar(node)
    elif isinstance(node, yaml.SequenceNode):
        value = loader.construct_sequence(node, deep=True)
    else:
        value = loader.construct_mapping(cast("yaml.MappingNode", node), deep=True)
    return {suffix if suffix in ("Ref", "Condition") else f"Fn::{suffix}": value}


# The stub leaves the constructor's type open.
TemplateLoader.add_multi_constructor("!", intrinsic)  # pyright: ignore[reportUnknownMemberType]


def read_template(template: Path) -> dict[str, Any]:
    """Return a template with its short functions in their long form.

    Raises: LocalError: the file is not such a template.
    """
    with _template_errors(template):
        document: dict[str, Any] = yaml.load(template.read_text(encoding="utf-8"), TemplateLoader)  # noqa: S506 - a SafeLoader
        _ = document["Resources"].items()
        return document


def nested_of(template: Path) -> dict[str, Path]:
    """Return the template's nested stacks: their logical ids and files, in its order.

    Raises: LocalError: the file is not such a template.
    """
    resources = read_template(template)["Resources"]
    with _template_errors(template):
        return {
            name: template.parent / resource["Properties"]["TemplateURL"]
            for name, resource in resources.items()
            if resource["Type"] == "AWS::CloudFormation::Stack"
        }


def functions_of(template: Path) -> list[Function]:
    """Return the functions that answer HTTP, of the template and of its nested stacks, in their order.

    Raises: LocalError: a file is not such a template.
    """
    document = read_template(template)
    with _template_errors(template):
        defaults: dict[str, Any] = document.get("Globals", {}).get("Function", {})
        found = [
            function_of(name, defaults | resource.get("Properties", {}), template.parent)
            for name, resource in document["Resources"].items()
            if resource["Type"] == "AWS::Serverless::Function"
        ]
    nested = [function for file in nested_of(template).values() for function in functions_of(file)]
    return [function for function in found if function.routes] + nested


@contextmanager
def _template_errors(template: Path) -> Generator[None]:
    try:
        yield
    except (OSError, yaml.YAMLError, KeyError, TypeError, AttributeError) as error:
        reason = " ".join(str(error).split())
        raise LocalError(f"{template} is not a SAM template: {type(error).__name__} {reason}") from error


def function_of(name: str, properties: dict[str, Any], folder: Path) -> Function:
    """Read one function's properties, the template's globals already among them."""
    events: dict[str, Any] = properties.get("Events", {})
    routes = tuple(
        (str(event["Properties"].get("Method", "ANY")).upper(), str(event["Properties"]["Path"]))
        for event in events.values()
        if event["Type"] == "HttpApi"
    )
    return Function(name, (folder / properties["CodeUri"]).resolve(), properties["Handler"], routes)
