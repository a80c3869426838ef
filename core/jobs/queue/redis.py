"""Redis streams: a consumer group for deliveries, a sorted set for what is due later, a second stream for dead letters.

What touches several keys, or must first see whose a message is, is one script, so that it happens whole or not at all.
"""

import asyncio
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from typing import Any, Final

from redis.asyncio import Redis
from redis.exceptions import RedisError, ResponseError

from core.jobs.queue.port import DeadLetter, Delivery, Message, decode, encode
from core.jobs.queue.taking import taken_whole
from shared.errors import InvalidInput, Unavailable
from shared.ids import new_id

_GROUP: Final = "core"
# Nothing tells when something becomes due; whoever waits looks this often.
_LOOK_S: Final = 0.5

# KEYS: the stream, what is due later, the dead letters. Entries hold b, the text, and d, earlier deliveries.
_FUNCTIONS: Final = """
local function mine(id, owner)
    local p = redis.call('XPENDING', KEYS[1], ARGV[1], id, id, 1)
    return #p == 1 and p[1][2] == owner and p[1][4]
end
local function text_of(id)
    local e = redis.call('XRANGE', KEYS[1], id, id)
    return #e == 1 and e[1][2][2] or false
end
local function now()
    local t = redis.call('TIME')
    return t[1] * 1000 + math.floor(t[2] / 1000)
end
"""
# ARGV: group, how many. Delivers what has become due.
_RISE: Final = (
    _FUNCTIONS
    + """
local due = redis.call('ZRANGEBYSCORE', KEYS[2], '-inf', now(), 'LIMIT', 0, ARGV[2])
for _, member in ipairs(due) do
    local d, b = string.match(member, '^[^|]*|(%d+)|(.*)$')
    redis.call('XADD', KEYS[1], '*', 'b', b, 'd', d)
    redis.call('ZREM', KEYS[2], member)
end
return #due
"""
)
# ARGV: group, owner, ids.
_EXTEND: Final = (
    _FUNCTIONS
    + """
for i = 3, #ARGV do
    if mine(ARGV[i], ARGV[2]) then redis.call('XCLAIM', KEYS[1], ARGV[1], ARGV[2], 0, ARGV[i], 'JUSTID') end
end
"""
)
_ACKNOWLEDGE: Final = (
    _FUNCTIONS
    + """
for i = 3, #ARGV do
    if mine(ARGV[i], ARGV[2]) then
        redis.call('XACK', KEYS[1], ARGV[1], ARGV[i])
        redis.call('XDEL', KEYS[1], ARGV[i])
    end
end
"""
)
# ARGV: group, owner, id, milliseconds, deliveries, a fresh id.
_RELEASE: Final = (
    _FUNCTIONS
    + """
local b = mine(ARGV[3], ARGV[2]) and text_of(ARGV[3])
if b then
    if tonumber(ARGV[4]) > 0 then
        redis.call('ZADD', KEYS[2], now() + ARGV[4], ARGV[6] .. '|' .. ARGV[5] .. '|' .. b)
    else
        redis.call('XADD', KEYS[1], '*', 'b', b, 'd', ARGV[5])
    end
    redis.call('XACK', KEYS[1], ARGV[1], ARGV[3])
    redis.call('XDEL', KEYS[1], ARGV[3])
end
"""
)
# ARGV: group, owner, id, reason.
_BURY: Final = (
    _FUNCTIONS
    + """
local b = mine(ARGV[3], ARGV[2]) and text_of(ARGV[3])
if b then
    redis.call('XADD', KEYS[3], '*', 'b', b, 'r', ARGV[4])
    redis.call('XACK', KEYS[1], ARGV[1], ARGV[3])
    redis.call('XDEL', KEYS[1], ARGV[3])
end
"""
)
# ARGV: group, how many.
_REDRIVE: Final = """
local dead = redis.call('XRANGE', KEYS[3], '-', '+', 'COUNT', ARGV[2])
for _, e in ipairs(dead) do
    redis.call('XADD', KEYS[1], '*', 'b', e[2][2], 'd', 0)
    redis.call('XDEL', KEYS[3], e[1])
end
return #dead
"""


class RedisQueue:
    """Messages of one name on one Redis, version 6.2 or later.

    Args:
        url: redis://, rediss:// or unix://, with the database's number.
        queue: the stream's name; the braces keep its keys together in a cluster.
        lease_s: seconds after which others get what was not extended.
    """

    name = "redis"

    def __init__(self, url: str, *, queue: str = "unamentis:jobs", lease_s: float = 30) -> None:
        # Its annotations name many forms an answer may have; which one it is, each use below knows.
        clients: Any = Redis
        self._redis: Any = clients.from_url(url, socket_timeout=10, socket_connect_timeout=5, health_check_interval=30)
        self._keys = [f"{{{queue}}}", f"{{{queue}}}:later", f"{{{queue}}}:dead"]
        self._lease_ms = int(lease_s * 1000)
        self._owner = new_id()

    async def open(self) -> None:
        """Connect, and make what is missing on the server."""
        with _answers():
            try:
                await self._redis.xgroup_create(self._keys[0], _GROUP, id="0", mkstream=True)
            except ResponseError as error:
                if "BUSYGROUP" not in str(error):
                    raise

    async def close(self) -> None:
        """Let go of the connection."""
        with _answers():
            await self._redis.aclose()

    async def send(self, messages: Sequence[Message]) -> None:
        """Send messages."""
        with _answers():
            async with self._redis.pipeline(transaction=True) as pipe:
                for message in messages:
                    pipe.xadd(self._keys[0], {"b": encode(message), "d": 0})
                await pipe.execute()

    async def receive(self, most: int, *, wait_s: float) -> list[Delivery]:
        """Return up to `most` messages, as soon as there is one."""
        until = asyncio.get_running_loop().time() + wait_s
        while True:
            try:
                with _answers():
                    left = until - asyncio.get_running_loop().time()
                    found = await taken_whole(self, self._take(most, left))
            except _NoGroupError:
                # The server has lost everything; what was in it is sent again.
                await self.open()
                found = []
            if found or asyncio.get_running_loop().time() >= until:
                return found

    async def extend(self, deliveries: Sequence[Delivery]) -> None:
        """Keep messages for another lease."""
        await self._run(_EXTEND, self._owner, *_ids(deliveries))

    async def acknowledge(self, deliveries: Sequence[Delivery]) -> None:
        """Be done with messages."""
        await self._run(_ACKNOWLEDGE, self._owner, *_ids(deliveries))

    async def release(self, delivery: Delivery, *, after_s: float) -> None:
        """Give a message back: others get it after some seconds."""
        (entry,) = _ids([delivery])
        await self._run(_RELEASE, self._owner, entry, int(after_s * 1000), delivery.deliveries, new_id())

    async def bury(self, delivery: Delivery, reason: str) -> None:
        """Make a message a dead letter."""
        (entry,) = _ids([delivery])
        await self._run(_BURY, self._owner, entry, reason)

    async def dead_letters(self, most: int) -> list[DeadLetter]:
        """Return dead letters, the oldest first."""
        with _answers():
            answer: Any = await self._redis.xrange(self._keys[2], count=most)
        entries: list[Any] = list(answer or ())
        return [
            DeadLetter(fields[b"b"].decode("utf-8", "replace"), fields[b"r"].decode()) for _, fields in entries or []
        ]

    async def redrive(self, most: int) -> int:
        """Deliver dead letters as if they were new, and return how many."""
        return int(await self._run(_REDRIVE, most))

    async def _take(self, most: int, wait_s: float) -> list[Delivery]:
        await self._run(_RISE, most)
        claimed: Any = await self._redis.xautoclaim(self._keys[0], _GROUP, self._owner, self._lease_ms, count=most)
        entries = [(entry, fields) for entry, fields in claimed[1] if fields]
        if entries:
            counts = await self._counts([entry for entry, _ in entries])
        else:
            counts = {}
            block = max(1, int(min(wait_s, _LOOK_S) * 1000))
            read: Any = await self._redis.xreadgroup(
                _GROUP, self._owner, {self._keys[0]: ">"}, count=most, block=block if wait_s > 0 else None
            )
            entries = _entries(read)
        found: list[Delivery] = []
        for entry, fields in entries:
            text, earlier = fields.get(b"b", b""), int(fields.get(b"d", b"0"))
            count = earlier + counts.get(entry, 1)
            try:
                found.append(Delivery(decode(text), count, entry))
            except InvalidInput as error:
                await self._run(_BURY, self._owner, entry, error.message)
        return found

    async def _counts(self, entries: Sequence[bytes]) -> dict[bytes, int]:
        async with self._redis.pipeline(transaction=False) as pipe:
            for entry in entries:
                pipe.xpending_range(self._keys[0], _GROUP, entry, entry, 1)
            answers: list[Any] = await pipe.execute()
        return {one["message_id"]: int(one["times_delivered"]) for answer in answers for one in answer}

    async def _run(self, script: str, *arguments: object) -> Any:  # noqa: ANN401  whatever the script answers
        with _answers():
            return await self._redis.register_script(script)(keys=self._keys, args=[_GROUP, *arguments])


class _NoGroupError(Unavailable):
    """The stream or its group is gone."""


@contextmanager
def _answers() -> Generator[None]:
    try:
        yield
    except (RedisError, OSError) as error:
        kind = _NoGroupError if "NOGROUP" in str(error) else Unavailable
        raise kind(f"Redis does not answer: {type(error).__name__}") from error


def _entries(read: object) -> list[Any]:
    """Return the entries of one stream, in either form a client of redis-py may answer in."""
    answer: Any = read or []
    streams: list[Any] = list(answer.values()) if hasattr(answer, "values") else [one[1] for one in answer]
    found: list[Any] = []
    for stream in streams:
        for entry in stream:
            # Under the newer protocol entries come in one list more.
            found += entry if isinstance(entry[0], list | tuple) else [entry]
    return found


def _ids(deliveries: Sequence[Delivery]) -> list[Any]:
    return [delivery.receipt for delivery in deliveries]
