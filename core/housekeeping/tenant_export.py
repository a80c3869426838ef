"""Writes everything that is kept about a tenant into the object store, as zip files of bounded size."""

import asyncio
import hashlib
import io
import zipfile
from collections.abc import Iterator, Mapping
from typing import Any, Final

import msgspec

from core.jobs.port import Order, RunningJob
from shared.db import Database
from shared.errors import NotFound
from shared.export_links import ExportedPart
from shared.repositories.tenant_export import KIND, TenantExportRepository
from shared.storage.port import ObjectStore

# Uncompressed; one more file may pass it.
PART_BYTES: Final = 16_000_000
_ROWS: Final = 200
# Folders with what people have brought, in their order, and what they are called in the export. What else a tenant's
# folder holds is made again when needed, or is an export itself.
_KEPT_OBJECTS: Final = {"assets": "files", "uploads": "uploads"}


class Position(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """How far an export is: in which table behind which key, or, after all tables, behind which object."""

    table: str = ""
    behind: dict[str, Any] | None = None
    object_key: str | None = None


class WrittenPart(msgspec.Struct, frozen=True):
    """One zip file: size in bytes, and the SHA-256 of it in hexadecimal."""

    number: int
    size: int
    sha256: str


class Progress(msgspec.Struct, kw_only=True):
    """The checkpoint: what is written, and where to go on. rows: by table."""

    position: Position = Position()
    parts: list[WrittenPart] = []
    rows: dict[str, int] = {}
    objects: int = 0


class _File(msgspec.Struct, frozen=True):
    """One file of a part, and the position behind it; `rows` of a table, none for an object."""

    name: str
    data: bytes
    behind: Position
    rows: int | None = None


class TenantExport(msgspec.Struct, frozen=True):
    """Each page of rows is as of the moment it is read; a run that ends early goes on behind the last whole part."""

    database: Database
    store: ObjectStore
    part_bytes: int = PART_BYTES

    kind = KIND

    async def run(self, job: RunningJob) -> Mapping[str, object]:
        """Write part after part; the result names them, with rows by table."""
        progress = msgspec.convert(dict(job.order.checkpoint), Progress)
        tables = await asyncio.to_thread(self._tables, job.order)
        files = self._files(job.order, tables, progress.position)
        while gathered := await asyncio.to_thread(self._gather, files):
            part = await asyncio.to_thread(self._write, job.order, len(progress.parts) + 1, gathered)
            progress.parts.append(part)
            for file in gathered:
                if file.rows is None:
                    progress.objects += 1
                else:
                    progress.rows[file.behind.table] = progress.rows.get(file.behind.table, 0) + file.rows
            progress.position = gathered[-1].behind
            await job.advance(
                progress=_share(tables, progress.position),
                stage="exporting",
                item=progress.position.table or "files",
                checkpoint=msgspec.to_builtins(progress),
            )
        parts = [msgspec.to_builtins(part) for part in progress.parts]
        return {"parts": parts, "rows": progress.rows, "objects": progress.objects}

    def _tables(self, order: Order) -> list[str]:
        with self.database.unit(order.entry) as unit:
            found = TenantExportRepository(unit).tables()
        return found.result

    def _gather(self, files: Iterator[_File]) -> list[_File]:
        gathered: list[_File] = []
        size = 0
        for file in files:
            gathered.append(file)
            size += len(file.data)
            if size >= self.part_bytes:
                break
        return gathered

    def _write(self, order: Order, number: int, files: list[_File]) -> WrittenPart:
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
            for file in files:
                # The moment of writing would make two runs differ.
                archive.writestr(zipfile.ZipInfo(file.name), file.data, zipfile.ZIP_DEFLATED)
        data = buffer.getvalue()
        self.store.put(ExportedPart(order.tenant_id, order.id, number).key, data)
        return WrittenPart(number, len(data), hashlib.sha256(data).hexdigest())

    def _files(self, order: Order, tables: list[str], start: Position) -> Iterator[_File]:
        if start.object_key is None:
            for table in tables:
                if table >= start.table:
                    yield from self._pages(order, table, start.behind if table == start.table else None)
        for folder, name in _KEPT_OBJECTS.items():
            yield from self._objects(f"tenants/{order.tenant_id}/{folder}", name, start.object_key or "")

    def _objects(self, folder: str, name: str, behind: str) -> Iterator[_File]:
        for key in sorted(self.store.keys(folder)):
            if key > behind:
                try:
                    data = self.store.get(key)
                except NotFound:
                    continue  # removed a moment ago
                yield _File(f"{name}/{key.removeprefix(folder + '/')}", data, Position(object_key=key))

    def _pages(self, order: Order, table: str, behind: dict[str, Any] | None) -> Iterator[_File]:
        while True:
            with self.database.unit(order.entry) as unit:
                page = TenantExportRepository(unit).page(table, behind, most=_ROWS)
            found = page.result
            if found.last_key is None:
                return
            behind = dict(found.last_key)
            data = b"".join(msgspec.json.encode(row) + b"\n" for row in found.page_rows)
            # Named by what is in it, so that the pages of all parts together are one set of files.
            name = f"{table}/{hashlib.sha256(data).hexdigest()[:16]}.jsonl"
            yield _File(name, data, Position(table=table, behind=behind), len(found.page_rows))


def _share(tables: list[str], position: Position) -> float:
    done = sum(table <= position.table for table in tables) if position.object_key is None else len(tables)
    return min(0.99, done / (len(tables) + 1))
