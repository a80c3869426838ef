"""Writes the names that Terraform's providers know, as far as the files here use them.

    uv run --no-project --with pulumi-cloudflare==6.23.1 --with pulumi-tls==5.6.2 \
        python -m infra.cloudflare.provider_schema > infra/cloudflare/provider-schema.json

A provider's own schema comes only from its program, which Terraform's registry alone has. Pulumi's packages are made
from the same schema and are on PyPI; they are read, not run. They call lists by their plural, so what the provider
calls otherwise is written down here.
"""

import ast
import json
import re
import sys
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

FOLDER: Final = Path(__file__).resolve().parent
WRITTEN: Final = FOLDER / "provider-schema.json"

PACKAGES: Final = {"cloudflare": "pulumi_cloudflare", "tls": "pulumi_tls"}

# Lists whose names in the provider are no plurals (its documentation, version 5.22).
SINGULAR: Final = {
    "aud_tags": "aud_tag",
    "configs": "config",
    "excludes": "exclude",
    "includes": "include",
    "ingresses": "ingress",
    "requires": "require",
    "results": "result",
    "status_code_ttls": "status_code_ttl",
}

DECLARED: Final = re.compile(r'^(resource|data) "(\w+)" "\w+"', re.MULTILINE)


class Package:
    """One provider's Pulumi package, read as text."""

    def __init__(self, name: str) -> None:
        spec = find_spec(PACKAGES[name])
        if spec is None or spec.origin is None:
            raise SystemExit(f"{PACKAGES[name]} is not installed: run this as its first lines say")
        self._folder = Path(spec.origin).parent
        self._inputs = self._classes("_inputs")
        self._outputs = self._classes("outputs")

    def resource(self, name: str) -> dict[str, Any]:
        """Return the arguments and the further attributes of a resource, named without its provider."""
        classes = self._classes(name)
        title = camel(name)
        arguments = self._described(classes[f"{title}Args"], self._inputs)
        return arguments | {"attributes": sorted(set(properties(classes[title])) | {"id"})}

    def data(self, name: str) -> dict[str, Any]:
        """Return the arguments and attributes of a data source."""
        module = ast.parse((self._folder / f"get_{name}.py").read_text(encoding="utf-8"))
        lookup = next(node for node in module.body if isinstance(node, ast.FunctionDef) and node.name == f"get_{name}")
        arguments = [argument.arg for argument in lookup.args.args if argument.arg != "opts"]
        result = classes_of(module)[f"Get{camel(name)}Result"]
        return {"optional": sorted(map(renamed, arguments)), "attributes": sorted(map(renamed, properties(result)))}

    def _classes(self, module: str) -> dict[str, ast.ClassDef]:
        return classes_of(ast.parse((self._folder / f"{module}.py").read_text(encoding="utf-8")))

    def _described(self, described: ast.ClassDef, inputs: dict[str, ast.ClassDef]) -> dict[str, Any]:
        """Return the fields of an argument class, and those of the classes it refers to."""
        required: list[str] = []
        optional: list[str] = []
        nested: dict[str, Any] = {}
        for name, annotation, has_default in parameters(described):
            (optional if has_default else required).append(renamed(name))
            if found := re.search(r"'(\w+Args)'", annotation):
                nested[renamed(name)] = self._described(inputs[found[1]], inputs)
        fields: dict[str, Any] = {"required": sorted(required), "optional": sorted(optional), "nested": nested}
        return {kind: value for kind, value in fields.items() if value}


def classes_of(module: ast.Module) -> dict[str, ast.ClassDef]:
    """Return a module's classes by name."""
    return {node.name: node for node in module.body if isinstance(node, ast.ClassDef)}


def parameters(described: ast.ClassDef) -> Iterator[tuple[str, str, bool]]:
    """Yield each keyword of a class's constructor: name, annotation, and whether it may be left out."""
    for node in described.body:
        if isinstance(node, ast.FunctionDef) and node.name == "__init__":
            for argument, default in zip(node.args.kwonlyargs, node.args.kw_defaults, strict=True):
                yield argument.arg, ast.unparse(argument.annotation) if argument.annotation else "", default is not None


def properties(described: ast.ClassDef) -> Iterator[str]:
    """Yield the names of a class's properties."""
    for node in described.body:
        if isinstance(node, ast.FunctionDef) and any("property" in ast.unparse(mark) for mark in node.decorator_list):
            yield renamed(node.name)


def renamed(name: str) -> str:
    """Return what the provider calls something."""
    return SINGULAR.get(name, name)


def camel(name: str) -> str:
    """Return a resource's name as its class has it."""
    return "".join(part.capitalize() for part in name.split("_"))


def declared() -> list[tuple[str, str]]:
    """Return every kind and type the files here declare."""
    texts = [file.read_text(encoding="utf-8") for file in sorted(FOLDER.glob("*.tf"))]
    return sorted({(kind, type_) for text in texts for kind, type_ in DECLARED.findall(text)})


def written() -> str:
    """Return the schema as it is kept in the repository."""
    packages = {name: Package(name) for name in PACKAGES}
    schema: dict[str, dict[str, Any]] = {"resource": {}, "data": {}}
    for kind, type_ in declared():
        provider, _, name = type_.partition("_")
        package = packages[provider]
        schema[kind][type_] = package.resource(name) if kind == "resource" else package.data(name)
    # One line for each type: what changes there is seen, and the file stays short.
    kinds = [
        f'"{kind}": {{\n'
        + ",\n".join(f"{json.dumps(name)}: {json.dumps(known)}" for name, known in types.items())
        + "\n}"
        for kind, types in schema.items()
    ]
    return "{\n" + ",\n".join(kinds) + "\n}\n"


if __name__ == "__main__":
    sys.stdout.write(written())
