import psycopg

from shared.db import Database
from shared.ids import new_id
from shared.repositories.jobs import JobRepository
from shared.repositories.old_jobs import forget_jobs
from tests.conftest import ALPHA, BETA


def test_ended_jobs_of_every_tenant_go_once_they_are_old(database: Database, database_url: str) -> None:
    for tenant in (ALPHA, BETA):
        with database.unit(tenant) as unit:
            JobRepository(unit).add(new_id(), "speak", {})
    assert forget_jobs(database, 1) == 0
    with psycopg.connect(database_url) as connection:
        connection.execute("UPDATE jobs SET status = 'failed', finished_at = now() - interval '25 hours'")
    assert forget_jobs(database, 2) == 0
    assert forget_jobs(database, 1) == 2
