"""What people sign in from."""

from dataclasses import dataclass

from shared.db import Database
from shared.ids import new_id
from shared.repositories.devices import DeviceFacts, DeviceRepository
from tests.conftest import ALPHA, BETA


@dataclass(frozen=True, slots=True)
class Row:
    id: str
    name: str
    model: str


def test_the_same_fingerprint_is_the_same_row_with_fresh_facts(database: Database) -> None:
    first, second = new_id(), new_id()
    with database.unit(ALPHA) as unit:
        DeviceRepository(unit).seen(first, DeviceFacts("f", "Old", "web", model="M"))
        DeviceRepository(unit).seen(second, DeviceFacts("f", "New", "web"))
        rows = unit.all(Row, "SELECT id, name, model FROM devices WHERE tenant_id = %(tenant_id)s")
    assert rows.result == [Row(first, "New", "M")]


def test_people_do_not_share_devices(database: Database) -> None:
    for entry in (ALPHA, BETA):
        with database.unit(entry) as unit:
            DeviceRepository(unit).seen(new_id(), DeviceFacts("f", "Mine", "web"))
            count = unit.value(int, "SELECT count(*) FROM devices")
        assert count.result == 1
