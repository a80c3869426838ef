"""Speech recognition on this machine: pocketsphinx, in processes of its own.

No key, no network, English only. The model of the language is biased to the lesson's words, which is what makes a
recogniser of this size useful; a question about something else is still tried with the general model.
"""

import asyncio
import contextlib
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import AsyncIterator, Callable, Sequence
from pathlib import Path
from typing import Final

import msgspec

from core.providers.errors import provider_error, vendor_errors
from core.providers.stt.port import SAMPLE_RATE, Transcript
from core.providers.stt.sphinx_wire import HEADER, Reply, Request
from shared.errors import ProviderUnavailable

_ROOT: Final = Path(__file__).parents[3]
# Shorter than a tenth of a second is a click.
_SHORTEST_BYTES: Final = SAMPLE_RATE // 10 * 2


class _Worker:
    """One recogniser process. A reply nobody waits for any more is skipped by the next request."""

    def __init__(self, process: Process) -> None:
        self._process = process
        self._last_id = 0

    @classmethod
    async def start(cls) -> "_Worker":
        """Start the process; it loads its models while the first request waits in the pipe.

        A session of its own keeps a terminal's Ctrl-C for the parent, which then closes it in order.
        """
        module = "core.providers.stt.sphinx_worker"
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", module, stdin=PIPE, stdout=PIPE, stderr=DEVNULL, cwd=_ROOT, start_new_session=True
        )
        return cls(process)

    @property
    def pid(self) -> int:
        """The process's id."""
        return self._process.pid

    @property
    def alive(self) -> bool:
        """Whether the process still runs."""
        return self._process.returncode is None

    async def hear(self, pcm: bytes, phrases: Sequence[str]) -> Reply:
        """Return the reply to one utterance; safe to cancel at any point.

        Raises: EOFError, OSError: the process died.
        """
        stdin, stdout = self._process.stdin, self._process.stdout
        if stdin is None or stdout is None:
            raise EOFError
        self._last_id += 1
        body = msgspec.msgpack.encode(Request(self._last_id, pcm, list(phrases)))
        stdin.write(HEADER.pack(len(body)) + body)
        await stdin.drain()
        while line := await stdout.readline():
            reply = msgspec.json.decode(line, type=Reply)
            if reply.id == self._last_id:
                return reply
        raise EOFError

    async def stop(self) -> None:
        """End the process and wait until it is gone."""
        if self._process.stdin is not None:
            self._process.stdin.close()
        if self.alive:
            self._process.kill()
        await self._process.wait()


class PocketSphinx:
    """Offline recogniser.

    Args:
        timeout_s: the longest wait for an answer, and before it for a free process.
        processes: how many recognise at the same time, each about 190 MB; they start when first needed.
        on_start: told each new process's id.
    """

    name = "pocketsphinx"
    model = "pocketsphinx-5"

    def __init__(
        self, *, timeout_s: float = 20.0, processes: int = 1, on_start: Callable[[int], None] = lambda _pid: None
    ) -> None:
        self.timeout_s = timeout_s
        self._on_start = on_start
        self._places = asyncio.Semaphore(processes)
        self._workers: set[_Worker] = set()
        self._free: list[_Worker] = []
        self._closed = False

    async def warm_up(self) -> None:
        """Start a process and wait until its models are loaded, so that the first learner need not.

        Raises: ProviderUnavailable: it does not start.
        """
        with vendor_errors(self.name):
            await self._hear(b"", ())

    async def transcribe(
        self, pcm: AsyncIterator[bytes], *, language: str, phrases: Sequence[str]
    ) -> AsyncIterator[Transcript]:
        """Recognise the utterance when it is over: about 0.1 s of work for each second of speech.

        While the learner speaks, a process starts and learns the lesson's words, if none has yet.
        """
        preparing = asyncio.create_task(self._prepare(phrases))
        try:
            heard = b"".join([chunk async for chunk in pcm])
        finally:
            preparing.cancel()
            await asyncio.wait([preparing])
        if not language.lower().startswith("en"):
            raise provider_error(self.name, "unsupported")
        if len(heard) < _SHORTEST_BYTES:
            yield Transcript("", is_final=True)
            return
        with vendor_errors(self.name):
            reply = await self._hear(heard, phrases)
        yield Transcript(reply.text, is_final=True, confidence=reply.confidence)

    async def _prepare(self, phrases: Sequence[str]) -> None:
        """Have the lesson's model made; what goes wrong here goes wrong again for the utterance, and is told then."""
        with contextlib.suppress(OSError, EOFError, ValueError, ProviderUnavailable):
            await self._hear(b"", phrases)

    async def _hear(self, pcm: bytes, phrases: Sequence[str]) -> Reply:
        """Have a free process recognise; one that died or was late is replaced by the next request."""
        async with asyncio.timeout(self.timeout_s):
            await self._places.acquire()
        try:
            worker = await self._free_worker()
            try:
                async with asyncio.timeout(self.timeout_s):
                    reply = await worker.hear(pcm, phrases)
            except (OSError, EOFError, ValueError):  # TimeoutError is an OSError
                self._workers.discard(worker)
                await worker.stop()
                raise
            except asyncio.CancelledError:  # it goes on with what nobody waits for, then takes the next request
                self._free.append(worker)
                raise
            self._free.append(worker)
            return reply
        finally:
            self._places.release()

    async def _free_worker(self) -> _Worker:
        """Return a process that runs and has nobody waiting for it."""
        if self._closed:
            raise provider_error(self.name, "disconnected")
        while self._free:
            worker = self._free.pop()
            if worker.alive:
                return worker
            self._workers.discard(worker)
            await worker.stop()
        worker = await _Worker.start()
        self._workers.add(worker)
        self._on_start(worker.pid)
        return worker

    @property
    def resting(self) -> bool:
        """Whether no process runs."""
        return not self._workers

    async def rest(self) -> None:
        """Stop the processes that wait for work; the next utterance starts one."""
        while self._free:
            worker = self._free.pop()
            self._workers.discard(worker)
            await worker.stop()

    async def close(self) -> None:
        """Stop the processes; whoever still waits for one gets ProviderUnavailable."""
        self._closed = True
        self._free.clear()
        while self._workers:
            await self._workers.pop().stop()
