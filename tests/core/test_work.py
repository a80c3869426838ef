"""What a deployment does by itself follows from what its process may."""

import base64

from core.components import build_components
from core.settings import read_settings
from core.work import registry

ENVIRON = {
    "DATABASE_URL": "postgresql://app@127.0.0.1:1/x",
    "UNAMENTIS_SECRET": base64.b64encode(bytes(32)).decode(),
    "UNAMENTIS_PROVIDERS": "mock",
}


def schedules(**environ: str) -> set[str]:
    parts = build_components(read_settings(ENVIRON | environ))
    found = registry(parts)
    parts.database.close()
    assert {schedule.kind for schedule in found.schedules.values()} <= set(found.handlers)
    return set(found.schedules)


def test_only_who_knows_the_owners_login_backs_up() -> None:
    assert {"retention", "orphaned-objects"} <= schedules()
    assert not {"backup", "price-list"} & schedules()
    assert {"backup", "price-list"} <= schedules(UNAMENTIS_OWNER_DATABASE_URL="postgresql://owner@127.0.0.1:1/x")
