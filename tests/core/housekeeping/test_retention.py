"""What is older than is kept goes, and doing it again changes nothing."""

import psycopg

from core.housekeeping.retention import MeasurementRetention
from shared.db import PUBLIC_TENANT, Database
from shared.repositories.measurements import Retention
from tests.conftest import ALPHA_TENANT, ALPHA_USER
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
    handler = MeasurementRetention(database, Retention())
    for _ in range(2):
        told = await handler.run(RecordedJob(an_order(PUBLIC_TENANT, "retention", {})))
        assert told["log_days"] == 14
        with psycopg.connect(database_url) as connection:
            left = connection.execute("SELECT message FROM client_logs ORDER BY received_at DESC").fetchall()
        assert left == [("said 1",), ("said 13",)]
