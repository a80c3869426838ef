"""docker-compose.yml is valid, and its commands, ports, probes, variables and files are those of the code."""

import ipaddress
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from core.settings import read_settings
from infra.local import cli
from infra.local.compose import compose_env
from infra.local.errors import LocalError
from infra.local.server import ROOT
from infra.server.__main__ import COMMANDS, MANAGING
from shared.storage.objects import open_objects
from tests.docs.test_settings import documented
from tests.support.compose import Missing, rendered
from tests.support.dockerfile import environment, stages
from tests.support.nginx import found, parsed
from tests.support.schemas import findings

FINAL = stages(ROOT / "Dockerfile")[-1]
PORT = environment(FINAL)["UNAMENTIS_PORT"]


def env(tmp_path: Path, objects: str = "disk") -> dict[str, str]:
    tmp_path.mkdir(exist_ok=True)
    file = tmp_path / ".env"
    assert compose_env(file, objects=objects) == 0
    assert file.stat().st_mode & 0o777 == 0o600
    lines = [line for line in file.read_text().splitlines() if not line.startswith("#")]
    return dict(line.split("=", 1) for line in lines)


@pytest.fixture
def compose(tmp_path: Path) -> dict[str, Any]:
    return rendered(env(tmp_path))


def ours(compose: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Return the services of our image."""
    return {name: service for name, service in compose["services"].items() if "build" in service}


def test_it_fits_the_compose_specification(compose: dict[str, Any], tmp_path: Path) -> None:
    whole = tmp_path / "compose.yml"
    whole.write_text(yaml.safe_dump(compose))
    assert findings("compose-spec", whole) == ""
    compose["services"]["api"]["comand"] = ["api"]
    whole.write_text(yaml.safe_dump(compose))
    assert "comand" in findings("compose-spec", whole)


def test_without_its_secrets_it_says_where_they_come_from() -> None:
    with pytest.raises(Missing, match=r"run \./unamentis compose-env"):
        rendered({})


def test_secrets_are_made_once(tmp_path: Path) -> None:
    first, second = env(tmp_path / "a"), env(tmp_path / "b")
    assert all(first[name] != second[name] for name in first)
    with pytest.raises(LocalError, match="is there already"):
        compose_env(tmp_path / "a" / ".env", objects="disk")


def test_every_service_is_bound(compose: dict[str, Any]) -> None:
    for name, service in compose["services"].items():
        assert service["read_only"], name
        assert service["cap_drop"] == ["ALL"], name
        assert "no-new-privileges:true" in service["security_opt"], name
        assert "privileged" not in service, name
        assert not re.search(r":(latest|\d+)?$", service["image"]), f"{name} names no exact version"
    assert [name for name, service in compose["services"].items() if service.get("ports")] == ["front"]
    assert compose["services"]["front"]["ports"] == [f"127.0.0.1:{PORT}:8080"]


def test_everything_that_stays_is_watched(compose: dict[str, Any]) -> None:
    for name, service in compose["services"].items():
        stays = service.get("restart") == "unless-stopped"
        assert bool(service.get("healthcheck", {}).get("test")) == stays, name
        for other, condition in service.get("depends_on", {}).items():
            needed = compose["services"][other]
            expected = (
                "service_healthy" if needed.get("restart") == "unless-stopped" else "service_completed_successfully"
            )
            assert condition == {"condition": expected}, (name, other)
            assert set(needed.get("profiles", [])) <= set(service.get("profiles", []))


def test_our_commands_probes_and_variables_are_the_entry_points(compose: dict[str, Any]) -> None:
    (check,) = [one.words() for one in FINAL if one.name == "HEALTHCHECK"]
    known = documented()
    assert set(ours(compose)) == {"api", "core", "migrate", "manage"}
    for name, service in ours(compose).items():
        command = service["command"]
        assert command[0] in {*COMMANDS, "--help"}, name
        assert command == [name] or name == "manage"
        assert set(service["environment"]) <= known, name
        if name in {"api", "core"}:
            assert service["healthcheck"]["test"] == ["CMD", *check]
        assert service["volumes"] == ["data:/data"]
        assert ("MIGRATION_DATABASE_URL" in service["environment"]) == (name in {"migrate", "manage"})


@pytest.mark.parametrize("objects", ["disk", "minio"])
def test_the_settings_are_readable(tmp_path: Path, objects: str) -> None:
    compose = rendered(env(tmp_path, objects))
    for name in ("api", "core"):
        environ = environment(FINAL) | compose["services"][name]["environment"]
        settings = read_settings(environ)
        assert settings.address.port == int(PORT)
        assert settings.shared.database_url.startswith("postgresql://unamentis_app:")
        assert settings.shared.objects_url is not None
        if objects == "minio":
            open_objects(settings.shared.objects_url)
            assert "@unamentis?endpoint=http://minio:9000" in settings.shared.objects_url
        else:
            assert settings.shared.objects_url.startswith("file://" + environ["UNAMENTIS_DATA_DIR"])
    core = compose["services"]["core"]
    assert float(core["stop_grace_period"][:-1]) > settings.voice.drain_s + 2


def test_the_front_reaches_both_halves_by_the_names_they_have_here(compose: dict[str, Any]) -> None:
    front = compose["services"]["front"]
    (mount,) = front["volumes"]
    here, there, how = mount.split(":")
    assert how == "ro"
    folder = ROOT / here
    file = Path(front["entrypoint"][front["entrypoint"].index("-c") + 1])
    assert file.parent == Path(there)
    configuration = parsed(folder / file.name, folder)
    servers = {one["args"][0]: found(one["block"], "server")[0]["args"][0] for one in found(configuration, "upstream")}
    assert servers == {"unamentis_api": f"api:{PORT}", "unamentis_core": f"core:{PORT}"}
    outward = compose["networks"]["outward"]["ipam"]["config"][0]["subnet"]
    assert ipaddress.ip_network(outward).is_private
    assert [one["args"][0] for one in found(configuration, "set_real_ip_from")] == [outward]
    for service in (compose["services"]["api"], compose["services"]["core"]):
        assert service["environment"]["UNAMENTIS_TRUSTED_PROXIES"] == outward
    (listens,) = {one["args"][0] for one in found(configuration, "listen")}
    assert front["ports"][0].endswith(f":{listens}")


def test_the_database_and_the_store_are_not_reached_from_outside(compose: dict[str, Any]) -> None:
    assert compose["networks"]["inside"]["internal"]
    for name in ("database", "minio", "minio-bucket"):
        assert compose["services"][name]["networks"] == ["inside"]


def test_managing_commands_are_those_of_the_command_line() -> None:
    grammar = cli.parser().format_help()
    assert all(re.search(rf"^ +{command}\b", grammar, re.MULTILINE) for command in (*MANAGING, "compose-env"))


def test_what_the_page_tells_to_type_is_there(compose: dict[str, Any]) -> None:
    page = (ROOT / "docs" / "howto" / "school-server.md").read_text(encoding="utf-8")
    profiles = {name for service in compose["services"].values() for name in service.get("profiles", [])}
    assert set(re.findall(r"--profile (\w+)", page)) <= profiles
    assert set(re.findall(r"run --rm manage (\w+)", page)) <= set(MANAGING)
    assert set(re.findall(r"--scale (\w+)=", page)) == {"core"}
    hosts = set(re.findall(r"_URL=http://(\w+):", page)) | set(re.findall(r"`http://(\w+):8080`", page))
    assert hosts <= set(compose["services"])
    assert set(re.findall(r"\b(UNAMENTIS_[A-Z_]+)=", page)) - {"UNAMENTIS_IMAGE"} <= documented()
    assert "./unamentis compose-env" in page
