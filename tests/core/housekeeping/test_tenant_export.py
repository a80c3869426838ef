"""A tenant's data in the object store: whole, its own alone, and the same however often it is begun."""

import hashlib
import io
import json
import zipfile
from collections import Counter
from typing import Any

import psycopg
import pytest

from core.housekeeping.tenant_export import TenantExport
from core.jobs.port import JobStopped
from shared.api import Context
from shared.db import Database
from shared.errors import Unavailable
from shared.export_links import ExportedPart
from shared.storage.objects import Objects, open_objects
from tests.conftest import ALPHA, ALPHA_TENANT, BETA
from tests.fakes.jobs import RecordedJob, an_order, run_killed_at_every_step
from tests.fakes.stores import FullStore
from tests.support.identity import add_access_token, add_beta_token
from tests.support.walk import MARK, give_everything

pytestmark = pytest.mark.usefixtures("tenants")
PICTURE = f"tenants/{ALPHA_TENANT}/assets/large"
BOOK = f"tenants/{ALPHA_TENANT}/uploads/book"


@pytest.fixture
def tenants(context: Context, database: Database) -> None:
    """Two tenants that have one of everything, and one of them many turns."""
    add_access_token(database, ALPHA)
    give_everything(context, ALPHA, add_beta_token(database, ALPHA))
    with database.unit(BETA) as unit:
        unit.run("INSERT INTO lists (tenant_id, id, user_id, name) VALUES (%(tenant_id)s, app_user(), app_user(), 'b')")


@pytest.fixture
def store() -> Objects:
    store = open_objects("memory://")
    store.put(PICTURE, b"\x89PNG" * 1000)
    store.put(BOOK, b"# A book that somebody brought")
    store.put(f"tenants/{ALPHA_TENANT}/speech/0.pcm", b"made again when needed")
    return store


def contents(store: Objects, result: dict[str, Any], job_id: str) -> dict[str, bytes]:
    files: dict[str, bytes] = {}
    for part in result["parts"]:
        data = store.get(ExportedPart(ALPHA_TENANT, job_id, part["number"]).key)
        assert (len(data), hashlib.sha256(data).hexdigest()) == (part["size"], part["sha256"])
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            files |= {name: archive.read(name) for name in archive.namelist()}
    return files


def rows(files: dict[str, bytes]) -> list[tuple[str, dict[str, Any]]]:
    return [
        (name.split("/")[0], json.loads(line))
        for name, data in files.items()
        if name.endswith(".jsonl")
        for line in data.splitlines()
    ]


async def test_everything_of_the_tenant_and_nothing_of_another(
    database: Database, database_url: str, store: Objects
) -> None:
    job = RecordedJob(an_order(ALPHA_TENANT, "tenant_export", {}))
    result: dict[str, Any] = dict(await TenantExport(database, store).run(job))
    files = contents(store, result, job.order.id)
    found = rows(files)
    assert {row["tenant_id"] for _, row in found} == {ALPHA_TENANT}
    assert Counter(table for table, _ in found) == result["rows"]
    assert {"tenants", "users", "turns", "packs", "questions", "curricula", "lists", "client_logs"} <= set(
        result["rows"]
    )
    assert files["files/large"] == store.get(PICTURE)
    assert files["uploads/book"] == store.get(BOOK)
    assert result["objects"] == 2
    with psycopg.connect(database_url) as connection:
        for table, count in result["rows"].items():
            sql = f"SELECT count(*) FROM {table} WHERE tenant_id = '{ALPHA_TENANT}'"  # noqa: S608  our own names
            assert connection.execute(sql.encode()).fetchone() == (count,), table
    assert not [name for _, row in found for name in row if name.endswith("_hash")]
    assert MARK in json.dumps(found)


async def test_a_run_that_is_ended_at_every_step_writes_the_same(database: Database, store: Objects) -> None:
    whole = RecordedJob(an_order(ALPHA_TENANT, "tenant_export", {}))
    once: dict[str, Any] = dict(await TenantExport(database, store).run(whole))
    order = an_order(ALPHA_TENANT, "tenant_export", {})
    handler = TenantExport(database, store, part_bytes=2_000)
    result, runs = await run_killed_at_every_step(handler, RecordedJob(order, stop_at=1))
    assert runs > 3
    assert contents(store, dict(result), order.id) == contents(store, once, whole.order.id)
    assert (result["rows"], result["objects"]) == (once["rows"], once["objects"])


async def test_more_rows_than_one_page_has(database: Database, database_url: str, store: Objects) -> None:
    with psycopg.connect(database_url) as connection:
        connection.execute(
            """INSERT INTO lists (tenant_id, id, user_id, name)
               SELECT %s, gen_random_uuid(), %s, 'list ' || n FROM generate_series(1, 450) AS n""",
            (ALPHA_TENANT, ALPHA.user_id),
        )
    job = RecordedJob(an_order(ALPHA_TENANT, "tenant_export", {}))
    result: dict[str, Any] = dict(await TenantExport(database, store).run(job))
    named = [row["name"] for table, row in rows(contents(store, result, job.order.id)) if table == "lists"]
    assert len(named) == len(set(named)) == result["rows"]["lists"] >= 450


async def test_a_store_without_room_ends_the_run_and_loses_nothing(database: Database, store: Objects) -> None:
    whole = RecordedJob(an_order(ALPHA_TENANT, "tenant_export", {}))
    once: dict[str, Any] = dict(await TenantExport(database, store).run(whole))
    full = FullStore(store)
    full.is_full = False
    order = an_order(ALPHA_TENANT, "tenant_export", {})
    job = RecordedJob(order, stop_at=2)
    handler = TenantExport(database, full, part_bytes=2_000)
    with pytest.raises(JobStopped):
        await handler.run(job)
    full.is_full = True
    second = job.again()
    with pytest.raises(Unavailable):
        await handler.run(second)
    full.is_full = False
    result = await handler.run(second.again())
    assert contents(store, dict(result), order.id) == contents(store, once, whole.order.id)
