"""Where processes listen, and whom open mode lets in."""

import pytest

from shared.errors import InvalidInput
from shared.listening import Address, is_loopback, read_address

OPEN = {"UNAMENTIS_AUTH_MODE": "open"}
TOLD_TWICE = OPEN | {"UNAMENTIS_OPEN_BEYOND_THIS_MACHINE": "yes"}


def test_a_process_listens_on_this_machine_only_unless_told() -> None:
    assert read_address({}, default_port=8767) == Address("127.0.0.1", 8767)
    told = {"UNAMENTIS_HOST": "10.0.0.8", "UNAMENTIS_PORT": "80"}
    assert read_address(told, default_port=8767) == Address("10.0.0.8", 80)


@pytest.mark.parametrize("port", ["0", "65536", "-1", "http", "80 ", "\u0664"])
def test_a_port_that_is_none_is_named(port: str) -> None:
    with pytest.raises(InvalidInput, match="UNAMENTIS_PORT must be a whole number from 1 to 65535"):
        read_address({"UNAMENTIS_PORT": port}, default_port=1)


EVERYWHERE = "0.0.0.0"  # noqa: S104


@pytest.mark.parametrize("host", [EVERYWHERE, "::", "192.168.1.4", "school.lan", "2001:db8::1"])
def test_open_mode_beyond_this_machine_must_be_told_twice(host: str) -> None:
    with pytest.raises(InvalidInput, match="UNAMENTIS_OPEN_BEYOND_THIS_MACHINE=yes"):
        read_address({**OPEN, "UNAMENTIS_HOST": host}, default_port=1)
    assert read_address({**TOLD_TWICE, "UNAMENTIS_HOST": host}, default_port=1).host == host
    assert read_address({"UNAMENTIS_HOST": host}, default_port=1).host == host


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.0.9", "::1", "localhost"])
def test_open_mode_on_this_machine_is_told_once(host: str) -> None:
    assert is_loopback(host)
    assert read_address({**OPEN, "UNAMENTIS_HOST": host}, default_port=1).host == host


def test_a_second_word_that_is_neither_yes_nor_no_is_refused() -> None:
    with pytest.raises(InvalidInput, match="must be yes or no"):
        read_address({"UNAMENTIS_OPEN_BEYOND_THIS_MACHINE": "true"}, default_port=1)
