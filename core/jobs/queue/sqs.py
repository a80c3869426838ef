"""Amazon SQS, standard and FIFO queues. Credentials and region are the machine's own, found by botocore."""

import asyncio
import json
import math
from collections import deque
from collections.abc import Generator, Sequence
from contextlib import AsyncExitStack, contextmanager
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from aiobotocore.config import AioConfig
from aiobotocore.session import get_session
from botocore.exceptions import BotoCoreError, ClientError

from core.jobs.queue.port import DeadLetter, Delivery, Message, decode, encode
from core.jobs.queue.taking import taken_whole
from shared.errors import InvalidInput, Unavailable
from shared.ids import new_id

if TYPE_CHECKING:
    from types_aiobotocore_sqs import SQSClient

# SQS's own bounds: messages in one call, seconds of one wait, of one lease.
_BATCH: Final = 10
_LONGEST_WAIT_S: Final = 20
_LONGEST_LEASE_S: Final = 43_200
_OURS_NO_MORE: Final = frozenset({"MessageNotInflight", "ReceiptHandleIsInvalid", "InvalidParameterValue"})
_BY_SQS: Final = "received more often than the queue allows"


class SqsQueue:
    """One queue by its URL; its dead-letter queue is the one its redrive policy names.

    Args: lease_s: the visibility timeout, in seconds; it replaces the queue's own.
    """

    name = "sqs"

    def __init__(self, url: str, *, lease_s: float = 30) -> None:
        self._url = url
        self._lease_s = math.ceil(lease_s)
        self._is_fifo = url.endswith(".fifo")
        self._dead_url = ""
        self._client: SQSClient | None = None
        # A sign of life that comes after a message was given back must not hide it.
        self._given_back: deque[object] = deque(maxlen=100)
        self._stack = AsyncExitStack()

    async def open(self) -> None:
        """Connect, and make what is missing on the server."""
        parts = urlsplit(self._url)
        host = parts.hostname or ""
        labels = host.split(".")
        region = labels[1] if host.startswith("sqs.") and len(labels) > 2 else None
        session: Any = get_session()
        with _answers():
            self._client = await self._stack.enter_async_context(
                session.create_client(
                    "sqs",
                    region_name=region,
                    endpoint_url=f"{parts.scheme}://{parts.netloc}",
                    config=AioConfig(
                        connect_timeout=5, read_timeout=30, retries={"mode": "standard", "total_max_attempts": 3}
                    ),
                )
            )
            self._dead_url = await self._find_dead()

    async def close(self) -> None:
        """Let go of the connection."""
        await self._stack.aclose()
        self._client = None

    async def send(self, messages: Sequence[Message]) -> None:
        """Send messages."""
        entries: list[dict[str, Any]] = [
            {
                "MessageBody": encode(message),
                # A FIFO queue keeps the order within a group: jobs do not wait for each other. A standard queue shares
                # itself fairly among groups.
                "MessageGroupId": message.job_id if self._is_fifo else message.tenant_id,
                **({"MessageDeduplicationId": f"{message.job_id}-{message.turn}"} if self._is_fifo else {}),
            }
            for message in messages
        ]
        await self._send(entries)

    async def receive(self, most: int, *, wait_s: float) -> list[Delivery]:
        """Return up to `most` messages, as soon as there is one; when cancelled, this poll is waited for."""
        return await taken_whole(self, self._take(most, wait_s))

    async def _take(self, most: int, wait_s: float) -> list[Delivery]:
        with _answers():
            answer = await self._sqs.receive_message(
                QueueUrl=self._url,
                MaxNumberOfMessages=min(most, _BATCH),
                WaitTimeSeconds=min(_LONGEST_WAIT_S, math.ceil(wait_s)),
                VisibilityTimeout=self._lease_s,
                MessageSystemAttributeNames=["ApproximateReceiveCount"],
            )
        found: list[Delivery] = []
        for one in answer.get("Messages", []):
            text, receipt = one.get("Body", ""), one.get("ReceiptHandle", "")
            count = int(one.get("Attributes", {}).get("ApproximateReceiveCount", "1"))
            try:
                found.append(Delivery(decode(text), count, receipt))
            except InvalidInput as error:
                await self._bury(text, receipt, error.message)
        return found

    async def extend(self, deliveries: Sequence[Delivery]) -> None:
        """Keep messages for another lease."""
        ours = [delivery for delivery in deliveries if delivery.receipt not in self._given_back]
        entries = [{**entry, "VisibilityTimeout": self._lease_s} for entry in _receipts(ours)]
        with _answers():
            for batch in _batches(entries):
                # What has failed is no longer ours.
                await self._sqs.change_message_visibility_batch(QueueUrl=self._url, Entries=batch)

    async def acknowledge(self, deliveries: Sequence[Delivery]) -> None:
        """Be done with messages."""
        with _answers():
            for batch in _batches(_receipts(deliveries)):
                await self._sqs.delete_message_batch(QueueUrl=self._url, Entries=batch)

    async def release(self, delivery: Delivery, *, after_s: float) -> None:
        """Give a message back: others get it after some seconds."""
        self._given_back.append(delivery.receipt)
        with _answers(ours_no_more=True):
            await self._sqs.change_message_visibility(
                QueueUrl=self._url,
                ReceiptHandle=str(delivery.receipt),
                VisibilityTimeout=min(_LONGEST_LEASE_S, math.ceil(after_s)),
            )

    async def bury(self, delivery: Delivery, reason: str) -> None:
        """Make a message a dead letter."""
        body = delivery.body
        text = encode(body) if isinstance(body, Message) else json.dumps({"schedule": body.schedule})
        await self._bury(text, str(delivery.receipt), reason)

    async def dead_letters(self, most: int) -> list[DeadLetter]:
        """Return dead letters, the oldest first."""
        letters = await self._dead(most)
        with _answers():
            for batch in _batches([{**_entry(one), "VisibilityTimeout": 0} for one in letters]):
                await self._sqs.change_message_visibility_batch(QueueUrl=self._dead_url, Entries=batch)
        return [
            DeadLetter(one["Body"], one.get("MessageAttributes", {}).get("reason", {}).get("StringValue", _BY_SQS))
            for one in letters
        ]

    async def redrive(self, most: int) -> int:
        """Deliver dead letters as if they were new, and return how many."""
        letters = await self._dead(most)
        for one in letters:
            ids = {"MessageGroupId": new_id(), "MessageDeduplicationId": new_id()} if self._is_fifo else {}
            await self._send([{"MessageBody": one["Body"], **ids}])
        with _answers():
            for batch in _batches([_entry(one) for one in letters]):
                await self._sqs.delete_message_batch(QueueUrl=self._dead_url, Entries=batch)
        return len(letters)

    @property
    def _sqs(self) -> "SQSClient":
        if self._client is None:
            raise Unavailable("the queue is not open")
        return self._client

    async def _find_dead(self) -> str:
        """Return the dead-letter queue's URL.

        Raises: Unavailable: the queue has none.
        """
        answer = await self._sqs.get_queue_attributes(QueueUrl=self._url, AttributeNames=["RedrivePolicy"])
        policy = json.loads(answer.get("Attributes", {}).get("RedrivePolicy", "{}"))
        if "deadLetterTargetArn" not in policy:
            raise Unavailable("the SQS queue has no redrive policy: name its dead-letter queue there")
        name = str(policy["deadLetterTargetArn"]).rsplit(":", 1)[1]
        # It is a sibling: same account and region, as SQS demands.
        return f"{self._url.rsplit('/', 1)[0]}/{name}"

    async def _send(self, entries: Sequence[dict[str, Any]]) -> None:
        batches = _batches([{**entry, "Id": str(number)} for number, entry in enumerate(entries)])
        with _answers():
            answers = await asyncio.gather(
                *(self._sqs.send_message_batch(QueueUrl=self._url, Entries=batch) for batch in batches)
            )
        if any(answer.get("Failed") for answer in answers):
            raise Unavailable("SQS did not take every message")

    async def _bury(self, text: str, receipt: str, reason: str) -> None:
        ids: dict[str, Any] = {"MessageGroupId": new_id(), "MessageDeduplicationId": new_id()} if self._is_fifo else {}
        with _answers(ours_no_more=True):
            await self._sqs.send_message(
                QueueUrl=self._dead_url,
                MessageBody=text,
                MessageAttributes={"reason": {"DataType": "String", "StringValue": reason[:500]}},
                **ids,
            )
            await self._sqs.delete_message(QueueUrl=self._url, ReceiptHandle=receipt)

    async def _dead(self, most: int) -> list[dict[str, Any]]:
        """Take up to `most` dead letters for a lease."""
        found: list[dict[str, Any]] = []
        with _answers():
            while len(found) < most:
                answer: Any = await self._sqs.receive_message(
                    QueueUrl=self._dead_url,
                    MaxNumberOfMessages=min(most - len(found), _BATCH),
                    VisibilityTimeout=self._lease_s,
                    MessageAttributeNames=["reason"],
                )
                if not (messages := answer.get("Messages", [])):
                    break
                found += messages
        return found


@contextmanager
def _answers(*, ours_no_more: bool = False) -> Generator[None]:
    """Turn botocore's errors into Unavailable; what tells that others have a message by now is no error there."""
    try:
        yield
    except ClientError as error:
        code = error.response.get("Error", {}).get("Code", "")
        if not (ours_no_more and code.rsplit(".", 1)[-1] in _OURS_NO_MORE):
            raise Unavailable(f"SQS refuses: {code}") from error
    except (BotoCoreError, OSError, TimeoutError) as error:
        raise Unavailable(f"SQS does not answer: {type(error).__name__}") from error


def _entry(message: dict[str, Any]) -> dict[str, Any]:
    return {"ReceiptHandle": message["ReceiptHandle"]}


def _receipts(deliveries: Sequence[Delivery]) -> list[dict[str, Any]]:
    return [{"ReceiptHandle": str(delivery.receipt)} for delivery in deliveries]


def _batches(entries: Sequence[dict[str, Any]]) -> list[Any]:
    named = [{"Id": str(number), **entry} for number, entry in enumerate(entries)]
    return [named[start : start + _BATCH] for start in range(0, len(named), _BATCH)]
