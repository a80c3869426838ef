"""What happens to content, clients and logs is told on the channel of news, by whatever way it happens."""

from collections.abc import Iterator
from typing import Any

import msgspec
import psycopg
import pytest

from shared.clock import utc_now
from shared.db import Database
from shared.ids import new_id
from shared.repositories.client_logs import ClientLogRepository, NewLog
from shared.repositories.clients import ClientRepository, Sighting
from shared.repositories.content import store_curriculum
from shared.repositories.curricula import CurriculumRepository
from tests.conftest import ALPHA, ALPHA_TENANT, ALPHA_USER
from tests.support.umcf import a_document, a_topic


class Ear:
    """Hears what commits from now on."""

    def __init__(self, connection: "psycopg.Connection[Any]") -> None:
        self._connection = connection
        connection.execute("LISTEN session_news")

    def heard(self) -> list[dict[str, Any]]:
        self._connection.execute("SELECT 1")
        return [msgspec.json.decode(n.payload) for n in self._connection.notifies(timeout=0.2)]


@pytest.fixture
def ear(database_url: str) -> Iterator[Ear]:
    with psycopg.connect(database_url, autocommit=True) as connection:
        yield Ear(connection)


def kinds(heard: list[dict[str, Any]]) -> list[str]:
    return [news["type"] for news in heard]


def test_a_curriculum_comes_changes_is_archived_and_goes(database: Database, ear: Ear) -> None:
    with database.unit(ALPHA) as unit:
        store_curriculum(unit, a_document("light", a_topic("t"), title="Light"), {})
    for statement in (
        "UPDATE curricula SET updated_at = now() WHERE tenant_id = %(tenant_id)s",
        "UPDATE curricula SET document = document || '{\"x\": 1}' WHERE tenant_id = %(tenant_id)s",
        "UPDATE curricula SET status = 'archived' WHERE tenant_id = %(tenant_id)s",
        "UPDATE curricula SET status = 'published' WHERE tenant_id = %(tenant_id)s",
        "DELETE FROM curricula WHERE tenant_id = %(tenant_id)s",
    ):
        with database.unit(ALPHA) as unit:
            unit.run(statement)
    heard = ear.heard()
    assert kinds(heard) == [
        "curriculum_imported",
        "curriculum_updated",
        "curriculum_archived",
        "curriculum_unarchived",
        "curriculum_deleted",
    ]
    assert heard[0] == {
        "tenant": ALPHA_TENANT,
        "event": "update",
        "type": "curriculum_imported",
        "data": {"id": "light", "title": "Light"},
        "about": "",
    }


def test_reading_curricula_again_is_told_with_their_count(database: Database, ear: Ear) -> None:
    with database.unit(ALPHA) as unit:
        store_curriculum(unit, a_document("light", a_topic("t"), title="Light"), {})
        CurriculumRepository(unit).tell_reloaded()
    told = ear.heard()[-1]
    assert (told["tenant"], told["type"], told["about"]) == (ALPHA_TENANT, "curricula_reloaded", "")
    assert told["data"]["count"] >= 1


def test_a_log_is_told_as_its_owners_own_and_never_too_long(database: Database, ear: Ear) -> None:
    def entry(message: str, metadata: dict[str, str]) -> NewLog:
        return NewLog(
            level="INFO",
            label="net",
            message=message,
            file="a.swift",
            function="f",
            line=1,
            metadata=metadata,
            logged_at=utc_now(),
        )

    with database.unit(ALPHA) as unit:
        entries = [entry("short", {"k": "v"}), entry("é" * 9_000, {"k": "v" * 9_000})]
        ClientLogRepository(unit).add("phone", "Phone", entries)
    heard = [news for news in ear.heard() if news["type"] == "log"]
    assert [news["about"] for news in heard] == [ALPHA_USER, ALPHA_USER]
    assert (heard[0]["data"]["message"], heard[0]["data"]["source"]) == ("short", "net")
    assert heard[0]["data"]["metadata"] == {"k": "v"}
    assert heard[1]["data"]["truncated"] is True
    assert len(heard[1]["data"]["message"]) == 2_000
    with database.unit(ALPHA) as unit:
        unit.run("DELETE FROM client_logs WHERE tenant_id = %(tenant_id)s")
    assert kinds(ear.heard()) == ["logs_cleared"]


def test_a_client_is_told_of_when_it_changes_not_at_each_sign_of_life(database: Database, ear: Ear) -> None:
    for name, activity in (("Phone", ""), ("", ""), ("", "learning")):
        with database.unit(ALPHA) as unit:
            ClientRepository(unit).seen(Sighting(id="phone", name=name, activity=activity))
    heard = ear.heard()
    assert kinds(heard) == ["client_update", "client_update"]
    assert (heard[0]["data"]["id"], heard[0]["about"]) == ("phone", ALPHA_USER)


def test_servers_are_told_of(database: Database, ear: Ear) -> None:
    server = new_id()
    with database.unit(ALPHA) as unit:
        unit.run(
            """INSERT INTO model_servers (tenant_id, id, name, type, url, port)
               VALUES (%(tenant_id)s, %(id)s, 'Ollama', 'ollama', 'http://127.0.0.1', 11434)""",
            id=server,
        )
    with database.unit(ALPHA) as unit:
        unit.run("DELETE FROM model_servers WHERE tenant_id = %(tenant_id)s")
    heard = ear.heard()
    assert kinds(heard) == ["server_added", "server_deleted"]
    assert heard[1]["data"] == {"id": server}
