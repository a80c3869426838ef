"""What a check says: one line each, with the remedy."""

from typing import Literal

import msgspec

State = Literal["ok", "warning", "failed"]


class Finding(msgspec.Struct, frozen=True, omit_defaults=True):
    """The outcome of one check.

    Attributes:
        check: what was looked at, such as "database". told: what was found. remedy: what to do, unless it is ok.
    """

    check: str
    state: State
    told: str
    remedy: str = ""

    @property
    def line(self) -> str:
        """The finding as people read it."""
        advice = f": {self.remedy}" if self.remedy else ""
        return f"{self.state:8} {self.check:14} {self.told}{advice}"


def ok(check: str, told: str) -> Finding:
    """Return that all is well."""
    return Finding(check, "ok", told)


def warning(check: str, told: str, remedy: str) -> Finding:
    """Return what works, and may not for long or not as it should."""
    return Finding(check, "warning", told, remedy)


def failed(check: str, told: str, remedy: str) -> Finding:
    """Return what does not work."""
    return Finding(check, "failed", told, remedy)
