"""The scanners find nothing in what is deployed that suppressions.yaml does not answer."""

import datetime as dt
from collections.abc import Callable
from pathlib import Path

import pytest

from infra.aws import scanners, suppressions
from infra.aws.processed import documents, process, write
from infra.aws.scanners import Finding
from infra.aws.stacks import COMPLETE, resolve
from infra.aws.suppressions import Suppression, problems
from infra.local.errors import LocalError
from shared.clock import utc_now

TODAY = dt.date(2026, 11, 30)
ENTRY = Suppression("checkov", "CKV_1", ("Data.*",), "because", dt.date(2026, 12, 31))


@pytest.fixture(scope="module")
def processed(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """The templates as CloudFormation gets them."""
    return write(tmp_path_factory.mktemp("processed"), documents())


@pytest.fixture(scope="module")
def resolved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What both tiers make of them, in a folder for each."""
    folder = tmp_path_factory.mktemp("resolved")
    for tier in ("beta", "production"):
        write(folder / tier, resolve({"Tier": tier, **COMPLETE}, process))
    return folder


def left(scanner: str, findings: set[Finding]) -> list[str]:
    mine = [entry for entry in suppressions.read() if entry.scanner == scanner]
    return problems(findings, mine, utc_now().date())


def test_cfn_lint(processed: list[Path]) -> None:
    assert left("cfn-lint", scanners.cfn_lint(processed)) == []


@pytest.mark.parametrize(("name", "scan"), [("checkov", scanners.checkov), ("cfn-guard", scanners.cfn_guard)])
def test_scanner(name: str, scan: Callable[[Path], set[Finding]], resolved: Path) -> None:
    assert left(name, scan(resolved)) == []


def test_every_entry_is_for_a_scanner_that_runs() -> None:
    assert {entry.scanner for entry in suppressions.read()} <= {"cfn-lint", "checkov", "cfn-guard"}


def test_a_finding_without_an_entry_is_told() -> None:
    finding = Finding("checkov", "CKV_2", "Data.Database")
    assert problems([finding], [], TODAY) == ["checkov CKV_2 Data.Database"]


def test_an_entry_answers_what_it_names_only() -> None:
    findings = [Finding("checkov", "CKV_1", "Data.Database"), Finding("cfn-lint", "CKV_1", "Data.Database")]
    assert problems(findings, [ENTRY], TODAY) == ["cfn-lint CKV_1 Data.Database"]


def test_an_entry_nothing_needs_is_told() -> None:
    assert problems([], [ENTRY], TODAY) == ["unused: checkov CKV_1 Data.*"]


def test_an_entry_past_its_last_day_answers_nothing() -> None:
    finding = Finding("checkov", "CKV_1", "Data.Database")
    assert problems([finding], [ENTRY], ENTRY.expires) == []
    late = problems([finding], [ENTRY], ENTRY.expires + dt.timedelta(days=1))
    assert late == ["checkov CKV_1 Data.Database", "expired on 2026-12-31: checkov CKV_1"]


@pytest.mark.parametrize("missing", ["reason", "expires", "where"])
def test_an_entry_without_a_reason_or_an_end_is_refused(missing: str, tmp_path: Path) -> None:
    entry = {"scanner": "checkov", "rule": "CKV_1", "where": "[Data.*]", "reason": "because", "expires": "2026-12-31"}
    lines = "\n  ".join(f"{key}: {value}" for key, value in entry.items() if key != missing)
    (tmp_path / "suppressions.yaml").write_text(f"- {lines}\n")
    with pytest.raises(LocalError, match="every entry needs"):
        suppressions.read(tmp_path / "suppressions.yaml")
