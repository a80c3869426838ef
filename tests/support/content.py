"""The project's seed content, and how a strict client reads an answer."""

from pathlib import Path
from typing import Any, TypeVar

import msgspec

from shared.db import PUBLIC_TENANT, Database, TenantEntry
from shared.domain.json_values import list_of, record_of
from shared.repositories.content import store_curriculum, store_domains, store_pack
from tests.support.api import Answer

CONTENT = Path(__file__).parents[2] / "content"
CURRICULA = sorted((CONTENT / "curricula").glob("*.umcf.json"))
PUBLIC = TenantEntry(PUBLIC_TENANT)

T = TypeVar("T")


def read_json(path: Path) -> Any:
    return msgspec.json.decode(path.read_bytes())


def load_questions(database: Database) -> None:
    """Store the domains and the core pack for everybody."""
    with database.unit(PUBLIC) as unit:
        store_domains(unit, read_json(CONTENT / "knowledge_bowl" / "domains.json"))
        store_pack(unit, read_json(CONTENT / "knowledge_bowl" / "core-pack.json"))


def load_curricula(database: Database) -> None:
    """Store the sample curricula with their pictures for everybody."""
    for path in CURRICULA:
        document = read_json(path)
        text = path.read_text(encoding="utf-8")
        files = {p.name: p.read_bytes() for p in (path.parent / "assets").iterdir() if f"assets/{p.name}" in text}
        with database.unit(PUBLIC) as unit:
            store_curriculum(unit, document, files)


def read_as(model: type[T], answer: Answer) -> T:
    """Decode a successful answer as a client does that refuses what is missing, null or not integral."""
    assert answer.status == 200, answer.body
    assert answer.headers["content-type"] == "application/json"
    assert not list(nulls(answer.body))
    return msgspec.json.decode(answer.raw, type=model)


def nulls(value: Any, pointer: str = "") -> list[str]:
    """Return where a body holds null, which no client expects."""
    if value is None:
        return [pointer]
    members = [*record_of(value).items(), *enumerate(list_of(value))]
    return [found for key, item in members for found in nulls(item, f"{pointer}/{key}")]
