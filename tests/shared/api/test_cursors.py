"""Cursors are ours alone."""

import pytest

from shared.api.cursors import Cursors
from shared.errors import InvalidInput

CURSORS = Cursors(bytes(32), "audit")


def test_a_cursor_leads_back() -> None:
    assert CURSORS.decode(CURSORS.encode("0190-é")) == "0190-é"
    assert CURSORS.decode(None) is None


@pytest.mark.parametrize(
    "cursor",
    ["", "x", "é", "AAAA", "A" * 400, CURSORS.encode("1")[:-1], Cursors(bytes(32), "users").encode("1")],
)
def test_a_made_up_cursor_is_refused(cursor: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        CURSORS.decode(cursor)
    assert set(refused.value.details) == {"cursor"}
