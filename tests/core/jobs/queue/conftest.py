"""Every queue there is, on its real server: the same tests are asked of each."""

import asyncio
import json
import shutil
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import aio_pika
import boto3
import psycopg
import pytest
from redis.asyncio import Redis

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


@dataclass(frozen=True, slots=True)
class Place:
    """One queue of the test's own, and how somebody else puts a text into it."""

    open: OpenQueue
    put: Callable[[str], Awaitable[object]]


@pytest.fixture(params=ADAPTERS)
def place(request: pytest.FixtureRequest) -> Place:
    """One queue of the test's own, of each kind."""
    name = f"q{new_id()}"
    if request.param == "postgres":
        database: JobDatabase = request.getfixturevalue("job_database")
        url: str = request.getfixturevalue("database_url")
        return Place(lambda lease_s: PostgresQueue(database, queue=name, lease_s=lease_s), partial(_insert, url, name))
    if request.param == "redis":
        redis: str = request.getfixturevalue("redis_url")
        return Place(lambda lease_s: RedisQueue(redis, queue=name, lease_s=lease_s), partial(_add, redis, name))
    if request.param == "rabbitmq":
        amqp: str = request.getfixturevalue("rabbitmq_url")
        return Place(lambda lease_s: RabbitQueue(amqp, queue=name, lease_s=lease_s), partial(_publish, amqp, name))
    aws: str = request.getfixturevalue("aws_url")
    queue = make_sqs_queue(aws, name, is_fifo=request.param == "sqs-fifo")
    return Place(lambda lease_s: SqsQueue(queue, lease_s=lease_s), partial(_post, aws, queue))


@pytest.fixture
def open_queue(place: Place) -> OpenQueue:
    return place.open


async def _insert(url: str, name: str, text: str) -> None:
    """Put JSON, which is all that the table takes."""
    async with await psycopg.AsyncConnection.connect(url) as connection:
        body = text if text.startswith(("{", "[")) else json.dumps(text)
        await connection.execute("INSERT INTO queue_messages (queue, body) VALUES (%s, %s)", (name, body))


async def _add(url: str, name: str, text: str) -> None:
    clients: Any = Redis
    redis = clients.from_url(url)
    await redis.xadd(f"{{{name}}}", {"b": text})
    await redis.aclose()


async def _publish(url: str, name: str, text: str) -> None:
    async with await aio_pika.connect(url) as connection:
        channel = await connection.channel()
        await channel.default_exchange.publish(aio_pika.Message(text.encode()), routing_key=name)


async def _post(aws: str, url: str, text: str) -> None:
    ids = {"MessageGroupId": new_id(), "MessageDeduplicationId": new_id()} if url.endswith(".fifo") else {}
    await asyncio.to_thread(_sqs(aws).send_message, QueueUrl=url, MessageBody=text, **ids)


def _sqs(aws: str) -> Any:
    library: Any = boto3
    return library.client("sqs", endpoint_url=aws, region_name="eu-west-1")


def make_sqs_queue(aws: str, name: str, *, is_fifo: bool) -> str:
    """Make a queue and its dead-letter queue, as the deployment's template does, and return its URL."""
    sqs = _sqs(aws)
    suffix, kind = (".fifo", {"FifoQueue": "true"}) if is_fifo else ("", {})
    dead = sqs.create_queue(QueueName=f"{name}-dead{suffix}", Attributes=kind)["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=dead, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    policy = f'{{"deadLetterTargetArn": "{arn}", "maxReceiveCount": "100"}}'
    return str(sqs.create_queue(QueueName=f"{name}{suffix}", Attributes={**kind, "RedrivePolicy": policy})["QueueUrl"])
