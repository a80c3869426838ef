"""What a fresh installation holds beside what everybody reads: a demo school with a learner and a teacher, and tokens.

Running it again changes nothing that is already as it should be, and nothing somebody has changed in the demo school.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from infra.local.state import write_private
from shared.auth.beta_tokens import hash_beta_token
from shared.db import Database, TenantEntry
from shared.repositories.beta_tokens import BetaTokenRepository
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
