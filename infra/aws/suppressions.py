"""What the scanners say and we do not do: one file, in which each entry has a reason and a last day."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any, Final

import yaml

from infra.aws.scanners import Finding
from infra.local.errors import LocalError

SUPPRESSIONS: Final = Path(__file__).with_name("suppressions.yaml")
_KEYS: Final = {"scanner", "rule", "where", "reason", "expires"}


@dataclass(frozen=True, slots=True)
class Suppression:
    """One entry.

    Attributes:
        where: resources, as `Finding.where` has them; `*` stands for any letters.
        expires: the last day on which it counts.
    """

    scanner: str
    rule: str
    where: tuple[str, ...]
    reason: str
    expires: dt.date

    def covers(self, finding: Finding, pattern: str) -> bool:
        """Tell whether one of its patterns means a finding."""
        same = (self.scanner, self.rule) == (finding.scanner, finding.rule)
        return same and fnmatchcase(finding.where, pattern)


def read(file: Path = SUPPRESSIONS) -> list[Suppression]:
    """Return the entries of the file.

    Raises: LocalError: an entry lacks something.
    """
    entries: list[dict[str, Any]] = yaml.safe_load(file.read_text(encoding="utf-8"))
    for entry in entries:
        if entry.keys() != _KEYS or not all(entry.values()) or not isinstance(entry["expires"], dt.date):
            raise LocalError(f"{file.name}: every entry needs {', '.join(sorted(_KEYS))}; this one has {entry}")
    return [
        Suppression(entry["scanner"], entry["rule"], tuple(entry["where"]), entry["reason"], entry["expires"])
        for entry in entries
    ]


def problems(findings: Iterable[Finding], suppressions: Iterable[Suppression], today: dt.date) -> list[str]:
    """Return what stands between us and a clean scan: findings without an entry, and entries to remove or to renew."""
    left = set(findings)
    told: list[str] = []
    for entry in suppressions:
        if entry.expires < today:
            told.append(f"expired on {entry.expires}: {entry.scanner} {entry.rule}")
            continue
        for pattern in entry.where:
            meant = {finding for finding in findings if entry.covers(finding, pattern)}
            if not meant:
                told.append(f"unused: {entry.scanner} {entry.rule} {pattern}")
            left -= meant
    return [*map(str, sorted(left)), *told]
