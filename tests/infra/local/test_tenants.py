"""`./unamentis tenant remove`, on a database of its own."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from infra.local.administrators import Installation
from infra.local.errors import LocalError
from infra.local.tenants import caps, create, limits, remove, show
from shared.db import PUBLIC_TENANT, Database
from shared.errors import Conflict, InvalidInput, NotFound
from shared.ids import new_id
from shared.storage.objects import Objects, open_objects
from tests.conftest import ALPHA_TENANT
from tests.support.identity import SECRET


@pytest.fixture
def place(database_url: str) -> Iterator[Installation]:
    database = Database(database_url, role=None)
    yield Installation(database, SECRET)
    database.close()


@pytest.fixture
def store(tmp_path: Path) -> Objects:
    return open_objects(tmp_path.as_uri())


def test_it_says_what_went_and_that_nothing_is_left(
    place: Installation, store: Objects, capsys: pytest.CaptureFixture[str]
) -> None:
    store.put(f"tenants/{ALPHA_TENANT}/speech/a.pcm", b"1")
    remove(place, store, ALPHA_TENANT.upper(), sure=True)
    printed = capsys.readouterr().out.splitlines()
    assert "       1  users" in printed
    assert f"       1  objects in tenants/{ALPHA_TENANT}" in printed
    assert printed[-1] == f"Nothing is left of {ALPHA_TENANT}."
    with pytest.raises(NotFound):
        remove(place, store, ALPHA_TENANT, sure=True)


def test_without_the_store_the_servers_are_left_to_remove_the_objects(
    place: Installation, capsys: pytest.CaptureFixture[str]
) -> None:
    remove(place, None, ALPHA_TENANT, sure=True)
    assert capsys.readouterr().out.splitlines()[-1] == (
        f"No row is left of {ALPHA_TENANT}. The servers remove the objects."
    )


def test_what_it_refuses(place: Installation, store: Objects) -> None:
    with pytest.raises(LocalError, match="--yes"):
        remove(place, store, ALPHA_TENANT, sure=False)
    for tenant_id in (new_id(), "alpha"):
        with pytest.raises(NotFound):
            remove(place, store, tenant_id, sure=True)
    with pytest.raises(Conflict):
        remove(place, store, PUBLIC_TENANT, sure=True)


def test_tenants_are_made_and_listed(place: Installation, capsys: pytest.CaptureFixture[str]) -> None:
    create(place, "team", "Physics", parent_id=ALPHA_TENANT)
    made = capsys.readouterr().out.strip()
    show(place)
    assert capsys.readouterr().out.splitlines()[0] == f"{made}  team of {ALPHA_TENANT}  0 members  Physics"
    for kind, parent in (("individual", ALPHA_TENANT), ("team", made), ("team", new_id())):
        with pytest.raises(InvalidInput, match="parent_id"):
            create(place, kind, "None", parent_id=parent)


def test_caps_are_set_and_taken_away(place: Installation, capsys: pytest.CaptureFixture[str]) -> None:
    caps(place, ALPHA_TENANT, day="2.5", month=None)
    assert capsys.readouterr().out.splitlines() == [
        "day        2.500000 USD at most, 0.000000 used",
        "month     10.000000 USD at most, 0.000000 used",
    ]
    caps(place, ALPHA_TENANT, day="default", month="0")
    assert [line.split()[1] for line in capsys.readouterr().out.splitlines()] == ["1.000000", "0.000000"]
    for text in ("-1", "1e3", "1,5", "many", "1.0000001"):
        with pytest.raises(LocalError, match="no amount"):
            caps(place, ALPHA_TENANT, day=text, month=None)
    with pytest.raises(NotFound):
        caps(place, new_id(), day=None, month=None)


def test_limits_are_granted_and_taken_away(place: Installation, capsys: pytest.CaptureFixture[str]) -> None:
    limits(place, ALPHA_TENANT, account=None, tenant=None)
    limits(place, ALPHA_TENANT, account="30", tenant="500")
    limits(place, ALPHA_TENANT, account="default", tenant=None)
    assert capsys.readouterr().out.splitlines() == [
        "account  as the deployment",
        "tenant   as the deployment",
        "account  30 requests a minute",
        "tenant   500 requests a minute",
        "account  as the deployment",
        "tenant   500 requests a minute",
    ]
    for text in ("0", "-1", "many", "1000001", "\u0663"):
        with pytest.raises(LocalError, match="no number of requests"):
            limits(place, ALPHA_TENANT, account=text, tenant=None)
    with pytest.raises(NotFound):
        limits(place, new_id(), account=None, tenant=None)
