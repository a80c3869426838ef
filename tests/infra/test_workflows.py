"""GitHub's workflows fit their schema, trust nothing that may change under them, and call what is there."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from infra.local.bootstrap import GROUPS, UV_VERSION
from infra.local.server import ROOT
from tests.support.schemas import findings

FOLDER = ROOT / ".github"
FILES = sorted((FOLDER / "workflows").glob("*.yml"))
WORKFLOWS: dict[str, dict[Any, Any]] = {path.stem: yaml.safe_load(path.read_text()) for path in FILES}
STEPS = [
    (f"{name}.{job_name}", step)
    for name, workflow in WORKFLOWS.items()
    for job_name, job in workflow["jobs"].items()
    for step in job.get("steps", [])
]


def test_they_fit_githubs_schemas(tmp_path: Path) -> None:
    assert {path.stem for path in FILES} == {"test", "scan", "release", "deploy"}
    assert findings("github-workflows", *FILES) == ""
    assert findings("dependabot", FOLDER / "dependabot.yml") == ""
    broken = tmp_path / "broken.yml"
    broken.write_text(FILES[0].read_text().replace("runs-on:", "run-on:"))
    assert "run-on" in findings("github-workflows", broken)


def test_every_action_is_pinned_by_its_commit() -> None:
    for path in FILES:
        for uses in re.findall(r"uses: (.*)", path.read_text()):
            assert re.fullmatch(r"\./[\w./-]+|[\w-]+/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", uses), uses
            if uses.startswith("./"):
                assert (ROOT / uses).is_file()


def test_one_action_has_one_version() -> None:
    pins = {uses for path in FILES for uses in re.findall(r"uses: ([\w-]+/[\w-]+@\S+)", path.read_text())}
    names = [pin.partition("@")[0] for pin in pins]
    assert len(names) == len(set(names))


def test_rights_are_asked_for_job_by_job() -> None:
    writing = {
        (name, job_name): {right for right, level in job.get("permissions", {}).items() if level == "write"}
        for name, workflow in WORKFLOWS.items()
        for job_name, job in workflow["jobs"].items()
    }
    assert all(workflow["permissions"] == {"contents": "read"} for workflow in WORKFLOWS.values())
    assert {where: rights for where, rights in writing.items() if rights} == {
        ("release", "image"): {"packages", "id-token", "attestations"},
        ("release", "notes"): {"contents"},
        ("deploy", "deploy"): {"id-token"},
    }
    for name, workflow in WORKFLOWS.items():
        for job_name, job in workflow["jobs"].items():
            assert "uses" in job or job["timeout-minutes"] <= 90, (name, job_name)
    for where, step in STEPS:
        if step.get("uses", "").startswith("actions/checkout@"):
            assert step["with"]["persist-credentials"] is False, where


def test_nothing_lives_longer_than_a_run() -> None:
    for path in FILES:
        text = path.read_text()
        assert set(re.findall(r"secrets\.(\w+)", text)) <= {"GITHUB_TOKEN"}
        assert "aws-access-key-id" not in text
        assert "pull_request_target" not in text
    (login,) = [step for _, step in STEPS if step.get("uses", "").startswith("aws-actions/")]
    assert login["with"]["role-to-assume"] == "${{ vars.AWS_ROLE_ARN }}"


def test_no_script_takes_what_others_wrote() -> None:
    # A title or branch's name in a script would be run by it.
    for where, step in STEPS:
        assert "${{" not in step.get("run", ""), where


def test_the_image_is_for_both_architectures_with_its_bill_of_materials() -> None:
    (build,) = [
        step["with"] for where, step in STEPS if where == "release.image" and "platforms" in step.get("with", {})
    ]
    assert build["platforms"] == "linux/amd64,linux/arm64"
    assert build["sbom"] is True
    assert build["provenance"] == "mode=max"
    scans = [step for _, step in STEPS if step.get("uses", "").startswith("anchore/scan-action@")]
    assert len(scans) == 2
    assert all(step["with"]["fail-build"] is True for step in scans)


@pytest.mark.parametrize(
    ("workflow", "says"),
    [
        ("test", "run: ./unamentis test"),
        ("deploy", f"run: python infra/local/bootstrap.py {next(group for group in GROUPS if group == 'sam')}"),
        ("scan", f"pip install --quiet uv=={UV_VERSION}"),
        ("release", "python3 -P -m infra.release_notes"),
    ],
)
def test_they_call_what_is_there(workflow: str, says: str) -> None:
    assert says in (FOLDER / "workflows" / f"{workflow}.yml").read_text()


def test_the_stages_are_samconfigs() -> None:
    import tomllib

    stages = WORKFLOWS["deploy"][True]["workflow_dispatch"]["inputs"]["stage"]["options"]
    configured = set(tomllib.loads((ROOT / "samconfig.toml").read_text())) - {"version"}
    assert set(stages) <= configured | {"dev"}


def test_dependabot_looks_where_something_is() -> None:
    files = {
        "uv": "uv.lock",
        "docker": "Dockerfile",
        "docker-compose": "docker-compose.yml",
        "github-actions": ".github/workflows",
        "npm": "package.json",
    }
    for update in yaml.safe_load((FOLDER / "dependabot.yml").read_text())["updates"]:
        place = ROOT / update["directory"].lstrip("/")
        assert (place / files[update["package-ecosystem"]]).exists(), update
