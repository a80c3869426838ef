import subprocess
import sys

import pytest

from core.jobs.queue.choice import build_queue
from core.jobs.threads import JobDatabase

NOWHERE = "postgresql://nobody@127.0.0.1:1/x"


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("", "postgres"),
        ("amqp://guest:guest@127.0.0.1:1/", "rabbitmq"),
        ("amqps://broker.example/jobs", "rabbitmq"),
        ("https://sqs.eu-west-1.amazonaws.com/1/jobs.fifo", "sqs"),
        ("http://127.0.0.1:1/1/jobs", "sqs"),
        ("redis://127.0.0.1:1/0", "redis"),
        ("rediss://cache.example:6380/0", "redis"),
        ("unix:///run/redis.sock", "redis"),
    ],
)
def test_an_address_names_its_queue_and_nothing_connects_yet(url: str, name: str) -> None:
    database = JobDatabase(NOWHERE)
    assert build_queue(url, database, lease_s=30).name == name
    database.close()


def test_clients_of_servers_that_are_not_used_are_not_imported() -> None:
    program = f"""
import sys
from core.jobs.queue.choice import build_queue
from core.jobs.threads import JobDatabase
build_queue("", JobDatabase("{NOWHERE}"), lease_s=30)
print(sorted({{"aio_pika", "aiobotocore", "redis"}} & set(sys.modules)))
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
