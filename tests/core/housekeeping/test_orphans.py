"""Objects that nobody names: they go once they are old enough; everything else stays."""

from datetime import timedelta

import pytest

from core.housekeeping.orphans import OrphanedObjects
from shared.db import Database
from shared.errors import Conflict
from shared.ids import new_id
from shared.repositories.content import store_curriculum
from shared.repositories.import_uploads import ImportUploadRepository
from shared.repositories.jobs import JobRepository
from shared.storage.objects import Objects, open_objects
from tests.conftest import ALPHA, ALPHA_TENANT, BETA_TENANT
from tests.fakes.jobs import RecordedJob, an_order
from tests.support.umcf import a_document

NAMED, ORPHAN = f"tenants/{ALPHA_TENANT}/assets/named", f"tenants/{ALPHA_TENANT}/assets/orphan"
EXPORT = f"tenants/{ALPHA_TENANT}/exports/job/part-0001.zip"
UPLOAD, LOST_UPLOAD = f"tenants/{ALPHA_TENANT}/uploads/kept", f"tenants/{ALPHA_TENANT}/uploads/lost"
WAITS, ENDED, FORGOTTEN = new_id(), new_id(), new_id()
GONE = f"tenants/{new_id()}/speech/0.pcm"
KEPT = [
    NAMED,
    EXPORT,
    f"tenants/{ALPHA_TENANT}/speech/0.pcm",
    UPLOAD,
    f"tenants/{ALPHA_TENANT}/imports/{WAITS}",
    "tenants/readme.txt",
    "tenants/no-id/assets/x",
    "backups/20261130T093000Z/manifest.json",
]
ORPHANS = [
    ORPHAN,
    GONE,
    LOST_UPLOAD,
    f"tenants/{ALPHA_TENANT}/imports/{ENDED}",
    f"tenants/{ALPHA_TENANT}/imports/{FORGOTTEN}",
    # A job of ALPHA's is none of BETA's.
    f"tenants/{BETA_TENANT}/imports/{WAITS}",
]
SEEN = sum(key.startswith("tenants/") for key in KEPT)
NOW = timedelta()


@pytest.fixture
def store(database: Database) -> Objects:
    store = open_objects("memory://")
    for key in (*KEPT, *ORPHANS):
        store.put(key, b"12345")
    with database.unit(ALPHA) as unit:
        store_curriculum(unit, a_document("c"), {})
        unit.run(
            """INSERT INTO assets (tenant_id, id, curriculum_id, file_name, content_type, object_key, size, sha256)
               VALUES (%(tenant_id)s, gen_random_uuid(), 'c', 'named.png', 'image/png', %(key)s, 5, repeat('0', 64))""",
            key=NAMED,
        )
        ImportUploadRepository(unit).add(
            new_id(), name="n", title="t", size=5, revision="0", license_name="", topics=1, object_key=UPLOAD
        )
        for job_id in (WAITS, ENDED):
            JobRepository(unit).add(job_id, "course_import", {})
        JobRepository(unit).cancel(ENDED)
    return store


def a_job(**payload: object) -> RecordedJob:
    return RecordedJob(an_order(ALPHA_TENANT, "orphaned_objects", payload))


async def test_only_orphans_go(database: Database, store: Objects) -> None:
    result = await OrphanedObjects(database, store, grace=NOW).run(a_job())
    assert result == {"seen": SEEN + len(ORPHANS), "removed": len(ORPHANS), "bytes": 5 * len(ORPHANS)}
    assert sorted(store.keys("")) == sorted(KEPT)
    assert await OrphanedObjects(database, store, grace=NOW).run(a_job()) == {
        "seen": SEEN,
        "removed": 0,
        "bytes": 0,
    }


async def test_what_is_young_stays(database: Database, store: Objects) -> None:
    assert (await OrphanedObjects(database, store).run(a_job()))["removed"] == 0


async def test_a_look_removes_nothing(database: Database, store: Objects) -> None:
    result = await OrphanedObjects(database, store, grace=NOW).run(a_job(dry_run=True))
    assert (result["removed"], set(store.keys("")) >= set(ORPHANS)) == (len(ORPHANS), True)


async def test_exports_end(database: Database, store: Objects) -> None:
    await OrphanedObjects(database, store, grace=NOW, exports_last=NOW).run(a_job())
    assert EXPORT not in set(store.keys(""))


async def test_another_deployments_store_is_left_alone(database: Database, store: Objects) -> None:
    for _ in range(4):
        store.put(f"tenants/{new_id()}/speech/0.pcm", b"theirs")
    before = set(store.keys(""))
    with pytest.raises(Conflict, match="are unknown to this database"):
        await OrphanedObjects(database, store, grace=NOW).run(a_job())
    assert set(store.keys("")) == before
