"""What a fresh installation holds: shared lessons and questions, a demo school with a learner and a teacher, tokens.

Running it again changes nothing that is already as it should be, and nothing somebody has changed in the demo school.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, cast

from infra.local.errors import LocalError
from infra.local.state import write_private
from shared.auth.beta_tokens import hash_beta_token
from shared.db import PUBLIC_TENANT, Database, TenantEntry
from shared.repositories.beta_tokens import BetaTokenRepository
from shared.repositories.content import store_curriculum, store_domains, store_pack
from shared.repositories.demo_school import DemoSchoolRepository

CONTENT: Final = Path(__file__).resolve().parents[2] / "content"

DEMO_TENANT: Final = "00000000-0000-7000-8000-00000000d000"
DEMO_SCHOOL: Final = TenantEntry(DEMO_TENANT)


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody of the demo school; nobody signs in as them with a password, only with a token of this machine."""

    id: str
    name: str
    role: str


LEARNER: Final = Person("00000000-0000-7000-8000-00000000d001", "Demo Learner", "learner")
TEACHER: Final = Person("00000000-0000-7000-8000-00000000d002", "Demo Teacher", "teacher")


@dataclass(frozen=True, slots=True)
class Content:
    """How much is there to learn from."""

    curricula: int
    questions: int


def seed_content(database: Database, folder: Path = CONTENT) -> Content:
    """Store the folder's curricula, question domains and packs for everybody to read.

    Raises: InvalidInput: a document is not what it should be. LocalError: it is not JSON.
    """
    curricula = sorted((folder / "curricula").glob("*.umcf.json"))
    for path in curricula:
        document = read(path)
        files = {name: (path.parent / name).read_bytes() for name in sorted(set(local_files(document)))}
        with database.unit(TenantEntry(PUBLIC_TENANT)) as unit:
            store_curriculum(unit, document, {Path(name).name: body for name, body in files.items()})
    questions = 0
    with database.unit(TenantEntry(PUBLIC_TENANT)) as unit:
        store_domains(unit, read(folder / "knowledge_bowl" / "domains.json"))
        for path in sorted((folder / "knowledge_bowl").glob("*-pack.json")):
            pack = read(path)
            store_pack(unit, pack)
            questions += len(pack["questions"])
    return Content(len(curricula), questions)


def seed_school(database: Database) -> None:
    """Make the demo tenant and its people."""
    with database.unit(DEMO_SCHOOL) as unit:
        school = DemoSchoolRepository(unit)
        school.found("Demo school")
        for person in (LEARNER, TEACHER):
            school.enrol(person.id, email=f"{person.role}@demo.example", name=person.name, role=person.role)


def standing_token(database: Database, person: Person, *, secret: bytes, file: Path) -> str:
    """Return a beta token that works: the one in the file, or a fresh one that is put there.

    The database knows only its hash, so a token is lost with the file, the secret or the database.
    """
    if file.exists():
        token = file.read_text(encoding="ascii").strip()
        with database.unit(DEMO_SCHOOL) as unit:
            stands = DemoSchoolRepository(unit).token_stands(hash_beta_token(token, secret))
        if stands.result:
            return token
    with database.unit(DEMO_SCHOOL) as unit:
        token = BetaTokenRepository(unit).mint(person.id, secret=secret, label="this machine")
    write_private(file, token)
    return token


def read(path: Path) -> Any:  # noqa: ANN401 - JSON of a shape its reader checks
    """Return a file's JSON.

    Raises: LocalError: there is none.
    """
    try:
        return json.loads(path.read_bytes())
    except (OSError, ValueError) as error:
        raise LocalError(f"cannot read the content file {path}: {error}") from error


def local_files(document: object) -> Iterator[str]:
    """Find every `localPath` in a UMCF document, relative to it."""
    if isinstance(document, dict):
        for name, value in cast("dict[str, object]", document).items():
            if name == "localPath" and isinstance(value, str):
                yield value
            yield from local_files(value)
    elif isinstance(document, list):
        for value in cast("list[object]", document):
            yield from local_files(value)
