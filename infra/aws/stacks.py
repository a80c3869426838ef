"""The stacks of template.yaml as one deployment makes them: parameters filled in, conditions decided, values computed.

What only AWS knows, such as an address or an ARN, stands as `${Stack.Resource.Attribute}`.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, cast

from infra.local.template import nested_of, read_template

ROOT: Final = Path(__file__).resolve().parents[2]
TEMPLATE: Final = ROOT / "template.yaml"
PSEUDO: Final = {
    "AWS::Region": "us-east-1",
    "AWS::AccountId": "123456789012",
    "AWS::Partition": "aws",
    "AWS::URLSuffix": "amazonaws.com",
    "AWS::StackName": "unamentis",
    "AWS::StackId": "arn:aws:cloudformation:us-east-1:123456789012:stack/unamentis/1",
}
# A deployment with everything in place: connected to Cloudflare, with an image and somebody to tell.
COMPLETE: Final = {
    "ApiDomain": "api-origin.example.org",
    "CertificateArn": "arn:aws:acm:us-east-1:123456789012:certificate/00000000-0000-4000-8000-000000000000",
    "CoreImage": "123456789012.dkr.ecr.us-east-1.amazonaws.com/unamentis@sha256:" + "0" * 64,
    "AlarmEmail": "operator@example.org",
    "PublicUrl": "https://learn.example.org",
    "MailFrom": "UnaMentis <tutor@example.org>",
}
Document = dict[str, Any]
_NO_VALUE: Final = object()


@dataclass(frozen=True, slots=True)
class Stack:
    """One nested stack; the root's name is empty.

    Attributes:
        parameters: the values it is given or has by default.
        resources: what its conditions let be made, by logical id.
        outputs: by name.
    """

    name: str
    parameters: Mapping[str, Any]
    resources: Mapping[str, Document]
    outputs: Mapping[str, Any]


@dataclass(slots=True)
class _Scope:
    name: str
    document: Document
    parameters: Mapping[str, Any]
    nested: dict[str, Stack] = field(default_factory=dict[str, Stack])
    # References to resources stay references, as linters want them.
    keeps_references: bool = False

    def value(self, node: Any) -> Any:  # noqa: ANN401  whatever a template holds
        """Return a node with its functions computed; what has no value is left out."""
        if isinstance(node, list):
            values = [self.value(item) for item in cast("list[Any]", node)]
            return [value for value in values if value is not _NO_VALUE]
        if not isinstance(node, dict):
            return node
        mapping = cast("Document", node)
        if len(mapping) == 1:
            (name, argument), *_ = mapping.items()
            if name in _FUNCTIONS:
                return _FUNCTIONS[name](self, argument)
        pairs = {key: self.value(item) for key, item in mapping.items()}
        return {key: item for key, item in pairs.items() if item is not _NO_VALUE}

    def holds(self, name: str) -> bool:
        """Decide a condition."""
        return bool(self.value(self.document["Conditions"][name]))

    def ref(self, name: str) -> Any:  # noqa: ANN401
        """Return what `Ref` gives."""
        if name == "AWS::NoValue":
            return _NO_VALUE
        if name in PSEUDO:
            return PSEUDO[name]
        if name in self.parameters:
            return self.parameters[name]
        return {"Ref": name} if self.keeps_references else f"${{{self.name}.{name}}}"

    def attribute(self, argument: str | list[str]) -> Any:  # noqa: ANN401
        """Return what `Fn::GetAtt` gives; a nested stack's outputs are known."""
        resource, _, attribute = (
            argument.partition(".") if isinstance(argument, str) else (argument[0], "", argument[1])
        )
        if resource in self.nested:
            return self.nested[resource].outputs[attribute.removeprefix("Outputs.")]
        if self.keeps_references:
            return {"Fn::GetAtt": [resource, attribute]}
        return f"${{{self.name}.{resource}.{attribute}}}"

    def substitute(self, argument: str | list[Any]) -> Any:  # noqa: ANN401
        """Return what `Fn::Sub` gives."""
        text: str = argument if isinstance(argument, str) else argument[0]
        own: Document = {} if isinstance(argument, str) else self.value(argument[1])
        kept: list[str] = []

        def named(found: re.Match[str]) -> str:
            name = found[1]
            value = own[name] if name in own else self.attribute(name) if "." in name else self.ref(name)
            if not isinstance(value, dict):
                return str(value)
            ((_, target),) = cast("Document", value).items()
            kept.append(name)
            return f"${{{target if isinstance(target, str) else '.'.join(target)}}}"

        text = re.sub(r"\$\{([^}!]+)\}", named, text)
        return {"Fn::Sub": text} if kept else text

    def join(self, argument: list[Any]) -> Any:  # noqa: ANN401
        """Return what `Fn::Join` gives."""
        parts = self.value(argument[1])
        return {"Fn::Join": [argument[0], parts]} if any(_is_open(part) for part in parts) else argument[0].join(parts)

    def select(self, argument: list[Any]) -> Any:  # noqa: ANN401
        """Return what `Fn::Select` gives."""
        choices = self.value(argument[1])
        return {"Fn::Select": [argument[0], choices]} if _is_open(choices) else choices[int(argument[0])]

    def choose(self, argument: list[Any]) -> Any:  # noqa: ANN401
        """Return what `Fn::If` gives."""
        return self.value(argument[1] if self.holds(argument[0]) else argument[2])

    def found_in_map(self, argument: list[Any]) -> Any:  # noqa: ANN401
        """Return what `Fn::FindInMap` gives."""
        name, first, second = [self.value(part) for part in argument]
        return self.document["Mappings"][name][first][second]


def _text(value: Any) -> str:  # noqa: ANN401
    """Return a value as CloudFormation compares it."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def _is_open(value: Any) -> bool:  # noqa: ANN401
    """Tell whether a value is a function that was not computed."""
    return isinstance(value, dict)


_FUNCTIONS: Final[dict[str, Callable[[_Scope, Any], Any]]] = {
    "Ref": _Scope.ref,
    "Fn::GetAtt": _Scope.attribute,
    "Fn::Sub": _Scope.substitute,
    "Fn::If": _Scope.choose,
    "Fn::FindInMap": _Scope.found_in_map,
    "Fn::Join": _Scope.join,
    "Fn::Select": _Scope.select,
    "Fn::GetAZs": lambda scope, _: [f"{scope.ref('AWS::Region')}{zone}" for zone in "abc"],
    "Fn::Cidr": lambda scope, argument: [f"{scope.value(argument[0])}[{n}]" for n in range(int(argument[1]))],
    "Fn::Equals": lambda scope, argument: _text(scope.value(argument[0])) == _text(scope.value(argument[1])),
    "Fn::Not": lambda scope, argument: not scope.value(argument[0]),
    "Fn::And": lambda scope, argument: all(scope.value(part) for part in argument),
    "Fn::Or": lambda scope, argument: any(scope.value(part) for part in argument),
    "Condition": lambda scope, argument: scope.holds(argument),
}


def render(
    parameters: Mapping[str, Any], *, template: Path = TEMPLATE, process: Callable[[Document], Document] | None = None
) -> dict[str, Stack]:
    """Return the root stack and its nested ones, by name, as a deployment with these parameters makes them.

    Args: process: turns a SAM template into CloudFormation; without it SAM's own resources stay as they are written.
    Raises: LocalError: a file is not a template.
    """
    stacks: dict[str, Stack] = {}
    stacks[""] = _render("", template, parameters, process, stacks)
    return stacks


def resolve(parameters: Mapping[str, Any], process: Callable[[Document], Document]) -> dict[str, Document]:
    """Return each nested stack as a template in which only references to its own resources are left to compute.

    That is what linters understand best: no parameters, no conditions.
    """
    documents: dict[str, Document] = {}
    stacks = render(parameters, process=process)
    for name, file in nested_of(TEMPLATE).items():
        document = read_template(file)
        if "Transform" in document:
            document = process(document)
        scope = _Scope(name, document, _named(stacks[name].parameters), keeps_references=True)
        made = {logical: scope.value(document["Resources"][logical]) for logical in stacks[name].resources}
        for resource in made.values():
            resource.pop("Condition", None)
        documents[name] = {"AWSTemplateFormatVersion": "2010-09-09", "Resources": made}
    return documents


def _named(values: Mapping[str, Any]) -> dict[str, Any]:
    """Let what only AWS knows be plain words, and what is true or false be so."""

    def plain(value: Any) -> Any:  # noqa: ANN401
        if isinstance(value, list):
            return [plain(item) for item in cast("list[Any]", value)]
        if value in {"true", "false"}:
            return value == "true"
        return re.sub(r"\$\{([^}]+)\}", r"\1", value) if isinstance(value, str) else value

    return {name: plain(value) for name, value in values.items()}


def _render(
    name: str,
    template: Path,
    given: Mapping[str, Any],
    process: Callable[[Document], Document] | None,
    stacks: dict[str, Stack],
) -> Stack:
    document = read_template(template)
    if process is not None and "Transform" in document:
        document = process(document)
    scope = _Scope(name, document, _parameters(document, given))
    resources: dict[str, Document] = {}
    for logical, resource in document["Resources"].items():
        if "Condition" in resource and not scope.holds(resource["Condition"]):
            continue
        rest = {key: value for key, value in resource.items() if key not in {"Condition", "Metadata"}}
        resources[logical] = scope.value(rest)
        if resource["Type"] == "AWS::CloudFormation::Stack":
            properties = resources[logical]["Properties"]
            nested = _render(
                logical, template.parent / properties["TemplateURL"], properties["Parameters"], process, stacks
            )
            scope.nested[logical] = stacks[logical] = nested
    outputs = {
        key: scope.value(output["Value"])
        for key, output in document.get("Outputs", {}).items()
        if "Condition" not in output or scope.holds(output["Condition"])
    }
    return Stack(name, scope.parameters, resources, outputs)


def _parameters(document: Document, given: Mapping[str, Any]) -> dict[str, Any]:
    declared: dict[str, Document] = document.get("Parameters", {})
    if unknown := given.keys() - declared.keys():
        raise KeyError(f"no such parameter: {', '.join(sorted(unknown))}")
    values: dict[str, Any] = {}
    for name, parameter in declared.items():
        value = given.get(name, parameter.get("Default"))
        if value is None:
            raise KeyError(f"parameter {name} has neither a value nor a default")
        if "List" in parameter["Type"]:
            values[name] = str(value).split(",")
        else:
            values[name] = int(value) if parameter["Type"] == "Number" else value
    return values
