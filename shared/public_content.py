"""What everybody may read from the first day on: lessons and questions, stored from the files that hold them."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import msgspec

from shared.db import PUBLIC_TENANT, Database, TenantEntry
from shared.errors import InvalidInput
from shared.repositories.content import store_curriculum, store_domains, store_pack


class Content(msgspec.Struct, frozen=True):
    """How much is there to learn from."""

    curricula: int
    questions: int


def store_public_content(database: Database, folder: Path) -> Content:
    """Store a folder's curricula, question domains and packs for everybody to read; doing it again changes nothing.

    Args: database: as its owner. folder: with `curricula/*.umcf.json`, `knowledge_bowl/domains.json` and `*-pack.json`.
    Raises: InvalidInput: a file cannot be read, is no JSON, or not what it should be.
    """
    curricula = sorted((folder / "curricula").glob("*.umcf.json"))
    for path in curricula:
        document = _read(path)
        files = {Path(name).name: (path.parent / name).read_bytes() for name in sorted(set(_local_paths(document)))}
        with database.unit(TenantEntry(PUBLIC_TENANT)) as unit:
            store_curriculum(unit, document, files)
    questions = 0
    with database.unit(TenantEntry(PUBLIC_TENANT)) as unit:
        store_domains(unit, _read(folder / "knowledge_bowl" / "domains.json"))
        for path in sorted((folder / "knowledge_bowl").glob("*-pack.json")):
            pack = _read(path)
            store_pack(unit, pack)
            questions += len(pack["questions"])
    return Content(len(curricula), questions)


def _read(path: Path) -> Any:  # noqa: ANN401 - JSON of a shape its reader checks
    try:
        return json.loads(path.read_bytes())
    except (OSError, ValueError) as error:
        raise InvalidInput(f"cannot read the content file {path}: {error}") from error


def _local_paths(document: object) -> Iterator[str]:
    """Find every `localPath` in a UMCF document, relative to it."""
    if isinstance(document, dict):
        for name, value in cast("dict[str, object]", document).items():
            if name == "localPath" and isinstance(value, str):
                yield value
            yield from _local_paths(value)
    elif isinstance(document, list):
        for value in cast("list[object]", document):
            yield from _local_paths(value)
