import pytest

from core.imports.settings import ImportSettings, read_import_settings
from shared.errors import InvalidInput


def test_nothing_is_vouched_for_unless_it_is_said() -> None:
    assert read_import_settings({}) == ImportSettings()


def test_servers_have_addresses_and_ports() -> None:
    read = read_import_settings(
        {"UNAMENTIS_IMPORT_SERVERS": "10.1.2.3:443, [fd00::5]:8443", "UNAMENTIS_LIBRARY_URL": "file:///courses"}
    )
    assert read.vouched == {("10.1.2.3", 443), ("fd00::5", 8443)}
    assert read.library_url == "file:///courses"


@pytest.mark.parametrize("text", ["10.1.2.3", "library:443", "10.1.2.3:0", "10.1.2.3:99999", "10.0.0.0/8:443"])
def test_a_server_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput, match="UNAMENTIS_IMPORT_SERVERS"):
        read_import_settings({"UNAMENTIS_IMPORT_SERVERS": text})
