"""The job that backs up: a whole copy each time, and no more of them than are kept."""

from core.housekeeping.backup import Backup
from core.housekeeping.price_list import PriceListRefresh
from shared.db import PUBLIC_TENANT
from shared.domain.backup import MANIFEST, read_manifest
from shared.storage.backups import StoredBackup, finished_backups
from shared.storage.objects import open_objects
from tests.fakes.jobs import RecordedJob, an_order


async def test_a_copy_is_made_and_the_oldest_goes(database_url: str) -> None:
    store = open_objects("memory://")
    StoredBackup(store, "20200101T000000Z").put(MANIFEST, b"{}")
    result = await Backup(database_url, store, keep=1).run(RecordedJob(an_order(PUBLIC_TENANT, "backup", {})))
    assert finished_backups(store) == [result["name"]]
    assert result["removed"] == ["20200101T000000Z"]
    manifest = read_manifest(StoredBackup(store, str(result["name"])).get(MANIFEST))
    assert (manifest.rows, manifest.size) == (result["rows"], result["bytes"])


def test_nobody_reads_the_owners_password_in_a_log(database_url: str) -> None:
    store = open_objects("memory://")
    assert database_url not in f"{Backup(database_url, store, keep=1)!r} {PriceListRefresh(database_url, store)!r}"
