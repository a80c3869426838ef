"""Where benchmark jobs queue: each kind of server, in a folder of its own."""

import os
import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal, get_args

from infra.local.broker_servers import aws_server, rabbitmq_server, redis_server

Place = Literal["postgres", "redis", "rabbitmq", "sqs", "sqs-fifo"]
PLACES: tuple[Place, ...] = get_args(Place)


@contextmanager
def queue_url(place: Place) -> Generator[str]:
    """Run the server and yield the queue's URL; empty for the database."""
    with tempfile.TemporaryDirectory(prefix="unamentis-queue-") as name:
        folder = Path(name)
        if place == "postgres":
            yield ""
        elif place == "redis":
            with redis_server(folder) as url:
                yield url
        elif place == "rabbitmq":
            with rabbitmq_server(folder) as url:
                yield url
        else:
            with aws_server(folder) as url:
                yield _make_queue(url, ".fifo" if place == "sqs-fifo" else "")


def use_any_credentials() -> None:
    """Have this process, and all that it starts from now on, sign what they ask of AWS with anything."""
    os.environ |= {"AWS_ACCESS_KEY_ID": "x", "AWS_SECRET_ACCESS_KEY": "x", "AWS_DEFAULT_REGION": "eu-west-1"}


def _make_queue(url: str, suffix: str) -> str:
    import boto3

    library: Any = boto3
    sqs = library.client("sqs", endpoint_url=url)
    kind = {"FifoQueue": "true"} if suffix else {}
    dead = sqs.create_queue(QueueName=f"jobs-dead{suffix}", Attributes=kind)["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=dead, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    policy = f'{{"deadLetterTargetArn": "{arn}", "maxReceiveCount": "100"}}'
    return str(sqs.create_queue(QueueName=f"jobs{suffix}", Attributes={**kind, "RedrivePolicy": policy})["QueueUrl"])
