"""The voice service's task fits the image it runs and the settings its code reads."""

import base64
import json
import re
from pathlib import Path
from typing import Any

import pytest

from core.settings import read_settings
from infra.aws.stacks import COMPLETE, render
from infra.server.__main__ import COMMANDS
from tests.support.identity import SECRET

ROOT = Path(__file__).resolve().parents[3]
SECRETS = {"UNAMENTIS_SECRET": base64.b64encode(SECRET).decode(), "UNAMENTIS_ORIGIN_SECRETS": "new,old"}
# libpq's and the system's own, and the one that only makes the task another one.
NOT_OURS = {"PGPASSWORD", "HOME", "TMPDIR", "SECRETS_REVISION"}


@pytest.fixture(params=["beta", "production"])
def core(request: pytest.FixtureRequest) -> dict[str, Any]:
    task = render({"Tier": request.param, **COMPLETE})["Core"].resources["CoreTask"]["Properties"]
    return next(container for container in task["ContainerDefinitions"] if container["Name"] == "core")


def environment(core: dict[str, Any]) -> dict[str, str]:
    plain = {pair["Name"]: pair["Value"] for pair in core["Environment"]}
    plain["UNAMENTIS_QUEUE_URL"] = "https://sqs.us-east-1.amazonaws.com/123456789012/jobs"
    return plain | {secret["Name"]: SECRETS.get(secret["Name"], "unset") for secret in core["Secrets"]}


def test_the_code_takes_the_settings(core: dict[str, Any]) -> None:
    settings = read_settings({name: str(value) for name, value in environment(core).items()})
    assert settings.address.port == core["PortMappings"][0]["ContainerPort"]
    assert settings.data_dir == core["MountPoints"][0]["ContainerPath"]
    assert settings.shared.objects_url == "s3://${Data.Objects}?region=us-east-1"
    assert settings.shared.origin_lock.secrets == ("new", "old")
    assert settings.mail is not None
    assert (settings.mail.url, settings.mail.sender) == ("ses:us-east-1", "UnaMentis <tutor@example.org>")


def test_every_setting_is_one_of_ours(core: dict[str, Any]) -> None:
    documented = (ROOT / "docs" / "reference" / "settings.md").read_text(encoding="utf-8")
    assert {name for name in environment(core) if f"`{name}`" not in documented} == NOT_OURS


def test_everything_that_is_due_again_and_again_is_ordered() -> None:
    rules = [r for r in render(COMPLETE)["Core"].resources.values() if r["Type"] == "AWS::Events::Rule"]
    due = [rule["Properties"] for rule in rules if "ScheduleExpression" in rule["Properties"]]
    ordered = [json.loads(rule["Targets"][0]["Input"])["schedule"] for rule in due]
    known = re.findall(r'Schedule\(\s*name="([\w-]+)"', (ROOT / "core" / "work.py").read_text(encoding="utf-8"))
    assert sorted(ordered) == sorted(known)
    assert {rule["Targets"][0]["Arn"] for rule in due} == {"${Data.Jobs.Arn}"}


def test_only_a_balancer_makes_it_listen_beyond_its_task() -> None:
    hosts: dict[str, str] = {}
    for tier in ("beta", "production"):
        task = render({"Tier": tier, **COMPLETE})["Core"].resources["CoreTask"]["Properties"]
        container = next(one for one in task["ContainerDefinitions"] if one["Name"] == "core")
        hosts[tier] = read_settings({k: str(v) for k, v in environment(container).items()}).address.host
    assert hosts == {"beta": "127.0.0.1", "production": "0.0.0.0"}  # noqa: S104  behind a security group


def test_the_image_has_the_command_the_user_and_the_folder(core: dict[str, Any]) -> None:
    dockerfile = (ROOT / "Dockerfile").read_text(encoding="utf-8")
    assert re.search(r'^ENTRYPOINT \["python", "-m", "infra\.server"\]$', dockerfile, re.MULTILINE)
    assert core["Command"] == ["core"]
    assert core["Command"][0] in COMMANDS
    assert re.search(rf"^USER {core['User']}$", dockerfile, re.MULTILINE)
    # Fargate's empty volume takes the owner of the folder that the image declares.
    assert re.search(rf"^VOLUME {core['MountPoints'][0]['ContainerPath']}$", dockerfile, re.MULTILINE)
    url = next(pair["Value"] for pair in core["Environment"] if pair["Name"] == "DATABASE_URL")
    authorities = Path(url.rpartition("sslrootcert=")[2])
    assert re.search(r"^WORKDIR /app$", dockerfile, re.MULTILINE)
    assert (ROOT / authorities.relative_to("/app")).is_file()
