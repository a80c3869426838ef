"""Which queue a deployment has, by its URL. The client of a server that is not used is never imported."""

from core.jobs.queue.port import Queue
from core.jobs.queue.postgres import PostgresQueue
from core.jobs.threads import JobDatabase


def build_queue(url: str, database: JobDatabase, *, lease_s: int) -> Queue:
    """Return the queue that a URL names; an empty one names the database. Nothing connects yet.

    Args: lease_s: seconds a message is its consumer's without a sign of life.
    """
    if not url:
        return PostgresQueue(database, lease_s=lease_s)
    if url.startswith("amqp"):
        from core.jobs.queue.rabbitmq import RabbitQueue

        return RabbitQueue(url, lease_s=lease_s)
    if url.startswith("http"):
        from core.jobs.queue.sqs import SqsQueue

        return SqsQueue(url, lease_s=lease_s)
    from core.jobs.queue.redis import RedisQueue

    return RedisQueue(url, lease_s=lease_s)
