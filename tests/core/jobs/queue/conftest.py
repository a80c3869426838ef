"""Every queue there is, on its real server: the same tests are asked of each."""

import shutil
import tempfile
from collections.abc import AsyncIterator, Callable, Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import boto3
import pytest

from core.jobs.queue.port import Queue
from core.jobs.queue.postgres import PostgresQueue
from core.jobs.queue.rabbitmq import RabbitQueue
from core.jobs.queue.redis import RedisQueue
from core.jobs.queue.sqs import SqsQueue
from core.jobs.threads import JobDatabase
from infra.local.broker_servers import aws_server, rabbitmq_server, redis_server
from shared.ids import new_id

ADAPTERS = ("postgres", "redis", "rabbitmq", "sqs", "sqs-fifo")

# Makes another process's view of one queue, whose messages are somebody's for so many seconds.
OpenQueue = Callable[[float], Queue]


@contextmanager
def folder() -> Generator[Path]:
    path = Path(tempfile.mkdtemp(prefix="unamentis-queue-"))
    try:
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)


@pytest.fixture(scope="session")
def redis_url() -> Iterator[str]:
    with folder() as path, redis_server(path) as url:
        yield url


@pytest.fixture(scope="session")
def rabbitmq_url() -> Iterator[str]:
    with folder() as path, rabbitmq_server(path) as url:
        yield url


@pytest.fixture(scope="session")
def aws_url() -> Iterator[str]:
    with pytest.MonkeyPatch.context() as environment, folder() as path, aws_server(path) as url:
        environment.setenv("AWS_ACCESS_KEY_ID", "testing")
        environment.setenv("AWS_SECRET_ACCESS_KEY", "testing")
        environment.setenv("AWS_DEFAULT_REGION", "eu-west-1")
        yield url


@pytest.fixture
async def job_database(database_url: str) -> AsyncIterator[JobDatabase]:
    database = JobDatabase(database_url)
    yield database
    database.close()


@pytest.fixture(params=ADAPTERS)
def open_queue(request: pytest.FixtureRequest) -> OpenQueue:
    """One queue of the test's own, of each kind."""
    name = f"q{new_id()}"
    if request.param == "postgres":
        database: JobDatabase = request.getfixturevalue("job_database")
        return lambda lease_s: PostgresQueue(database, queue=name, lease_s=lease_s)
    if request.param == "redis":
        url: str = request.getfixturevalue("redis_url")
        return lambda lease_s: RedisQueue(url, queue=name, lease_s=lease_s)
    if request.param == "rabbitmq":
        amqp: str = request.getfixturevalue("rabbitmq_url")
        return lambda lease_s: RabbitQueue(amqp, queue=name, lease_s=lease_s)
    aws: str = request.getfixturevalue("aws_url")
    queue = make_sqs_queue(aws, name, is_fifo=request.param == "sqs-fifo")
    return lambda lease_s: SqsQueue(queue, lease_s=lease_s)


def make_sqs_queue(aws: str, name: str, *, is_fifo: bool) -> str:
    """Make a queue and its dead-letter queue, as the deployment's template does, and return its URL."""
    library: Any = boto3
    sqs = library.client("sqs", endpoint_url=aws, region_name="eu-west-1")
    suffix, kind = (".fifo", {"FifoQueue": "true"}) if is_fifo else ("", {})
    dead = sqs.create_queue(QueueName=f"{name}-dead{suffix}", Attributes=kind)["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=dead, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    policy = f'{{"deadLetterTargetArn": "{arn}", "maxReceiveCount": "100"}}'
    return str(sqs.create_queue(QueueName=f"{name}{suffix}", Attributes={**kind, "RedrivePolicy": policy})["QueueUrl"])
