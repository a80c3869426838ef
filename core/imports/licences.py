"""What a licence allows, as far as its name tells; what nobody has written down is allowed with a warning. Pure."""

import re
from typing import Final

import msgspec

_CC: Final = re.compile(r"\bcc[ -]?(by(?:[ -](?:nc|nd|sa))*|0|zero)(?:[ -]([1-4]\.\d))?\b", re.IGNORECASE)
_CC_WORDS: Final = re.compile(
    r"creative commons|creativecommons\.org/licenses/(by(?:-(?:nc|nd|sa))*)/([1-4]\.\d)", re.IGNORECASE
)
_OPEN: Final = re.compile(r"\b(public domain|pddl|mit|apache|bsd|gfdl|cc0|unlicense)\b", re.IGNORECASE)
_CLOSED: Final = re.compile(
    r"all rights reserved|proprietary|no[ -]?deriv|confidential|do not (?:copy|distribute)", re.IGNORECASE
)


class Licence(msgspec.Struct, frozen=True):
    """A course's terms.

    Attributes:
        name: as it was written; "unknown" where it was not.
        allows_derivatives: lessons may be made of it; nothing is imported otherwise.
    """

    type: str
    name: str
    url: str = ""
    attribution_required: bool = True
    allows_commercial_use: bool = True
    allows_derivatives: bool = True
    share_alike: bool = False
    is_known: bool = True

    @property
    def warnings(self) -> list[str]:
        """What whoever imports it should know."""
        found: list[str] = []
        if not self.is_known:
            found.append("nobody has written down under which licence this is: make sure that you may teach from it")
        if not self.allows_derivatives:
            found.append("its licence allows no lessons to be made of it")
        if not self.allows_commercial_use:
            found.append("its licence allows no commercial use")
        if self.share_alike:
            found.append("what is made of it must be shared under the same licence")
        return found

    def attribution(self, title: str, author: str) -> str:
        """Return the sentence that names whose work it is."""
        by = f" by {author}" if author else ""
        return f"{title}{by}, {self.name}" if self.is_known else f"{title}{by}"


def licence_of(text: str) -> Licence:
    """Return what a licence's name or address means."""
    named = _CC.search(text) or _CC_WORDS.search(text)
    if named is not None and named[1]:
        return _creative_commons(re.sub(r"[ -]+", "-", named[1].lower()), named[2] or "4.0")
    if _CLOSED.search(text):
        closed = "All rights reserved"
        return Licence(
            "proprietary", text.strip()[:200] or closed, "", allows_commercial_use=False, allows_derivatives=False
        )
    if found := _OPEN.search(text):
        return Licence(found[1].lower().replace(" ", "-"), text.strip()[:200])
    name = text.strip()[:200]
    return Licence("other" if name else "unknown", name or "unknown", is_known=bool(name))


def _creative_commons(kind: str, version: str) -> Licence:
    if kind in {"0", "zero"}:
        url = "https://creativecommons.org/publicdomain/zero/1.0/"
        return Licence("CC0", "CC0 1.0", url, attribution_required=False)
    terms = set(kind.split("-"))
    return Licence(
        f"CC-{kind.upper()}",
        f"CC {kind.upper()} {version}",
        f"https://creativecommons.org/licenses/{kind}/{version}/",
        allows_commercial_use="nc" not in terms,
        allows_derivatives="nd" not in terms,
        share_alike="sa" in terms,
    )
