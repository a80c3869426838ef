"""The Terraform files: formatted, readable, and every name in them one that the provider, or they themselves, know."""

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from functools import cache
from typing import Any, Final, cast

import hcl2
import pytest

from infra.cloudflare.provider_schema import FOLDER, WRITTEN, declared

FILES: Final = sorted(FOLDER.glob("*.tf"))
TEXT: Final = "\n".join(file.read_text(encoding="utf-8") for file in FILES)
CODE: Final = re.sub(r"(?m)^\s*#.*$", "", TEXT)
SCHEMA: Final[dict[str, dict[str, Any]]] = json.loads(WRITTEN.read_text(encoding="utf-8"))

# Terraform's own, in every resource.
META: Final = {"for_each", "count", "depends_on", "provider", "lifecycle"}


@cache
def parsed() -> list[dict[str, Any]]:
    """Return every file, read once: the reader takes its time."""
    # python-hcl2 leaves its loader's type open
    return [hcl2.loads(file.read_text(encoding="utf-8")) for file in FILES]  # pyright: ignore[reportUnknownMemberType]


def blocks(kind: str) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Yield (type, name, body) of every resource or data source, (name, "", body) of every variable and output."""
    for file in parsed():
        for block in file.get(kind, []):
            for first, rest in block.items():
                if kind in ("resource", "data"):
                    yield from (
                        (first.strip('"'), name.strip('"'), body) for name, body in rest.items() if is_name(name)
                    )
                else:
                    yield first.strip('"'), "", rest


def is_name(key: str) -> bool:
    """Tell what was written from what the reader notes beside it."""
    return not (key.startswith("__") and key.endswith("__"))


def wrong_names(body: dict[str, Any], known: dict[str, Any], where: str) -> list[str]:
    """Return each argument that is unknown, and each that is missing, in a block and what is nested in it."""
    given = {key for key in body if is_name(key)} - META
    wrong = [
        f"{where}.{name} is unknown" for name in given - set(known.get("required", [])) - set(known.get("optional", []))
    ]
    wrong += [f"{where}.{name} is missing" for name in set(known.get("required", [])) - given]
    for name, inner in known.get("nested", {}).items():
        value = body.get(name)
        parts = cast("list[object]", value) if isinstance(value, list) else [value]
        for part in parts:
            if isinstance(part, dict):
                wrong += wrong_names(cast("dict[str, Any]", part), inner, f"{where}.{name}")
            elif isinstance(part, str):
                wrong += [f"{where}.{name}: {key} is unknown" for key in keys_of(part) - everything_in(inner)]
    return wrong


def keys_of(expression: str) -> set[str]:
    """Return the names an expression gives values to in its objects."""
    without_text = re.sub(r'"(?:[^"\\]|\\.)*"', "", expression)
    return set(re.findall(r"[{,(]\s*(\w+)\s*=(?![=>])", without_text))


def everything_in(known: dict[str, Any]) -> set[str]:
    """Return every argument of a block and of what is nested in it."""
    own = {*known.get("required", []), *known.get("optional", [])}
    return own.union(*(everything_in(inner) for inner in known.get("nested", {}).values()))


def test_every_argument_is_the_providers() -> None:
    found = [
        wrong
        for kind in ("resource", "data")
        for type_, name, body in blocks(kind)
        for wrong in wrong_names(body, SCHEMA[kind][type_], f"{type_}.{name}")
    ]
    assert found == []


def test_a_wrong_name_is_seen() -> None:
    known = SCHEMA["resource"]["cloudflare_zero_trust_access_policy"]
    right = {"account_id": '"a"', "name": '"n"', "decision": '"allow"'}
    assert wrong_names(right, known, "p") == []
    mistakes: list[dict[str, Any]] = [
        {"includes": []},
        {"include": [{"emails": {}}]},
        {"include": [{"email": {"address": '"a"'}}]},
        {"include": "${[for a in var.b : { e_mail = { email = a } }]}"},
        {"mfa_config": "${var.x ? { allowed_authenticator = [] } : null}"},
    ]
    for wrong in mistakes:
        found = wrong_names(right | wrong, known, "p")
        assert any("unknown" in complaint for complaint in found), wrong
    assert wrong_names({"name": '"n"', "decision": '"allow"'}, known, "p") == ["p.account_id is missing"]


def test_the_schema_holds_what_is_used_and_no_more() -> None:
    assert {(kind, type_) for kind, types in SCHEMA.items() for type_ in types} == set(declared())


def test_every_reference_leads_somewhere() -> None:
    made = {(kind, type_, name) for kind in ("resource", "data") for type_, name, _ in blocks(kind)}
    references = re.findall(r"\b(data\.)?((?:cloudflare|tls)_\w+)\.(\w+)\.(\w+)", CODE)
    assert len(references) > 20
    for data, type_, name, attribute in references:
        kind = "data" if data else "resource"
        assert (kind, type_, name) in made
        assert attribute in SCHEMA[kind][type_]["attributes"], f"{type_}.{name}.{attribute}"


def test_variables_are_declared_described_and_used() -> None:
    variables = {name: body for name, _, body in blocks("variable")}
    inside = CODE.replace("variable", "")
    used = set(re.findall(r"\bvar\.(\w+)", inside))
    assert used == set(variables)
    assert [name for name, body in variables.items() if "description" not in body or "type" not in body] == []
    example = (FOLDER / "terraform.tfvars.example").read_text(encoding="utf-8")
    given = set(re.findall(r"(?m)^(\w+)\s*=", example))
    needed = {name for name, body in variables.items() if "default" not in body}
    assert needed <= given <= set(variables)


def test_locals_are_declared_and_used() -> None:
    assert set(re.findall(r"\blocal\.(\w+)", CODE)) == {"api_origin", "core_origin", "hosts"}


def test_outputs_are_described_and_secret_where_they_are_secrets() -> None:
    outputs = {name: body for name, _, body in blocks("output")}
    assert [name for name, body in outputs.items() if "description" not in body] == []
    secret = {name for name, body in outputs.items() if body.get("sensitive") is True}
    assert secret == {"tunnel_token", "objects_secret_access_key"}
    shown = "".join(str(body["value"]) for name, body in outputs.items() if name not in secret)
    assert not re.search(r"private_key|token\.core|\.value\b|secret", shown)


def test_an_administrators_session_has_two_factors_and_ends_after_eight_hours() -> None:
    (_, _, policy), (_, _, application) = (
        next(found for found in blocks("resource") if found[0] == f"cloudflare_zero_trust_access_{kind}")
        for kind in ("policy", "application")
    )
    assert (policy["session_duration"], application["session_duration"]) == ('"8h"', '"8h"')
    # One of the two always holds, whatever is chosen.
    chosen = next(body for name, _, body in blocks("variable") if name == "second_factor")
    assert chosen["default"] == '"access"'
    assert '== "identity_provider" ? [{auth_method = {auth_method = "mfa"}}]' in policy["require"]
    assert '== "access" ? {allowed_authenticators' in policy["mfa_config"]


def test_the_free_plan_is_enough() -> None:
    rulesets = {name: body for type_, name, body in blocks("resource") if type_ == "cloudflare_ruleset"}
    assert len(rulesets["custom"]["rules"]) <= 5
    assert len(rulesets["rate"]["rules"]) == 1
    rule = rulesets["rate"]["rules"][0]
    assert (rule["ratelimit"]["period"], rule["ratelimit"]["mitigation_timeout"]) == (10, 10)
    assert "http.host" not in rule["expression"]
    assert len(rulesets["cache"]["rules"]) <= 10


def test_what_is_for_operators_does_not_go_through_the_tunnel() -> None:
    config = next(body for type_, _, body in blocks("resource") if type_.endswith("cloudflared_config"))["config"]
    refused = config["ingress"][0]
    assert refused["service"] == '"http_status:404"'
    for path in ("/metrics", "/health", "/ready"):
        assert re.match(refused["path"].strip('"'), path)
    assert not re.match(refused["path"].strip('"'), "/ws/audio")
    assert config["ingress"][-1] == {"service": '"http_status:404"'}


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_files_are_formatted_as_terraform_would(file: Any) -> None:
    """Terraform's own word where it is installed; what everybody can check of it, everywhere."""
    text: str = file.read_text(encoding="utf-8")
    for number, line in enumerate(text.splitlines(), 1):
        indent = len(line) - len(line.lstrip(" "))
        assert "\t" not in line, number
        assert line == line.rstrip(), number
        assert indent % 2 == 0, number
    assert text.endswith("\n")
    assert not text.endswith("\n\n")
    assert "\n\n\n" not in text
    if terraform := shutil.which("terraform"):
        done = subprocess.run([terraform, "fmt", "-check", "-diff", file], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout
