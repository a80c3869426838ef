"""What is older than is kept goes, and doing it again changes nothing."""

import psycopg

from core.housekeeping.retention import OldRows
from shared.db import PUBLIC_TENANT, Database
from shared.ids import new_id
from shared.repositories.jobs import JobRepository
from shared.repositories.measurements import Retention
from tests.conftest import ALPHA, ALPHA_TENANT, ALPHA_USER
from tests.fakes.jobs import RecordedJob, an_order


async def test_old_entries_go_and_young_ones_stay(database: Database, database_url: str) -> None:
    with psycopg.connect(database_url) as connection:
        connection.execute(
            """INSERT INTO client_logs (tenant_id, user_id, id, client_id, client_name, level, label, message, file,
                                        function, line, logged_at, received_at)
               SELECT %s, %s, gen_random_uuid(), 'c', 'c', 'INFO', '', 'said ' || d, '', '', 0, now(),
                      now() - make_interval(days => d)
               FROM unnest(ARRAY[1, 13, 15, 400]) AS d""",
            (ALPHA_TENANT, ALPHA_USER),
        )
    handler = OldRows(database, Retention(), 90)
    for _ in range(2):
        told = await handler.run(RecordedJob(an_order(PUBLIC_TENANT, "retention", {})))
        assert told["log_days"] == 14
        with psycopg.connect(database_url) as connection:
            left = connection.execute("SELECT message FROM client_logs ORDER BY received_at DESC").fetchall()
        assert left == [("said 1",), ("said 13",)]


async def test_jobs_that_ended_long_ago_go_with_their_events(database: Database, database_url: str) -> None:
    names: dict[str, str] = {}
    with database.unit(ALPHA) as unit:
        for name in ("old", "young", "waiting"):
            names[name] = new_id()
            JobRepository(unit).add(names[name], "speak", {})
    with psycopg.connect(database_url) as connection:
        connection.execute(
            """UPDATE jobs SET status = 'completed', finished_at = now() - make_interval(days => CASE id
                   WHEN %s THEN 91 ELSE 89 END) WHERE id <> %s""",
            (names["old"], names["waiting"]),
        )
    handler = OldRows(database, Retention(), 90)
    await handler.run(RecordedJob(an_order(PUBLIC_TENANT, "retention", {})))
    with database.unit(ALPHA) as unit:
        left = JobRepository(unit).find(limit=10)
    assert {job.id for job in left.result} == {names["young"], names["waiting"]}
    with psycopg.connect(database_url) as connection:
        events = connection.execute("SELECT count(*) FROM job_events WHERE job_id = %s", (names["old"],)).fetchone()
    assert events == (0,)
