"""Speech over HTTP: on order, and the cache it comes from. Routes run in threads; making speech is the event loop's."""

import asyncio
import time
from collections.abc import Coroutine
from typing import Any, Final, TypeVar

from core.speech import answers
from core.speech.desk import Clip, SpeechDesk, hash_of
from core.speech.encoding import Encoder, Format
from core.speech.formats import read_wav
from core.speech.links import Links
from core.speech.models import (
    Cached,
    CacheFigures,
    CacheQuery,
    CacheStats,
    Evict,
    MediaQuery,
    Removed,
    Speak,
    Spoken,
)
from core.speech.voiced import note_gone
from shared.api import Access, Reply, Request, Routes
from shared.errors import Forbidden, InvalidInput, NotFound
from shared.storage.port import Stored

Result = TypeVar("Result")

_MEGABYTE: Final = 1024 * 1024
_LARGEST_CLIP: Final = 8 * _MEGABYTE
# Whoever may put words into the tutor's mouth, or have everybody's speech made and paid again.
_STAFF: Final = frozenset({"owner", "admin", "teacher"})


class Desktop:
    """The desk as routes use it, from their threads; it belongs to an event loop from `attach` on.

    Args:
        provider: who speaks here.
    """

    def __init__(self, desk: SpeechDesk, links: Links, provider: str) -> None:
        self.desk = desk
        self.links = links
        self.provider = provider
        self.language = desk.language
        self.encoder = Encoder()
        self._loop: asyncio.AbstractEventLoop | None = None

    def link(self, tenant_id: str, name: str, form: Format) -> str:
        """Return the signed address of a tenant's clip."""
        return self.links.address(tenant_id, name, form, now=time.time())

    def attach(self, loop: asyncio.AbstractEventLoop) -> None:
        """Say where speech is made."""
        self._loop = loop

    def run(self, work: Coroutine[Any, Any, Result]) -> Result:
        """Do work on the event loop and wait for it.

        Raises: RuntimeError: not attached yet.
        """
        if self._loop is None:
            work.close()
            raise RuntimeError("the speech desk has no event loop yet")
        return asyncio.run_coroutine_threadsafe(work, self._loop).result()


class SpeechRoutes:
    """`/api/tts`, its cache, and signed clips under `/media`."""

    def __init__(self, desktop: Desktop) -> None:
        self._at = desktop
        self._desk = desktop.desk

    def routes(self) -> Routes:
        """Return the operations."""
        routes = Routes("speech", success_flag=True)
        # Making speech again finds it in the cache, so nothing needs to be remembered beside.
        routes.post("/api/tts", access=Access.CLIENT, replayable=False)(self.speak)
        routes.get("/api/tts/cache", access=Access.CLIENT)(self.get_cached)
        routes.put("/api/tts/cache", access=Access.CLIENT, max_body=_LARGEST_CLIP)(self.put_cached)
        routes.delete("/api/tts/cache", access=Access.CLIENT)(self.delete_cached)
        routes.get("/api/tts/cache/stats", access=Access.CLIENT)(self.cache_stats)
        routes.delete("/api/tts/cache/expired", access=Access.CLIENT)(self.delete_expired)
        routes.post("/api/tts/cache/evict", access=Access.CLIENT)(self.evict)
        routes.get("/media/speech", access=Access.PUBLIC)(self.media)
        return routes

    def speak(self, request: Request, body: Speak) -> object:
        """Return a text as sound, or as JSON with the address of it."""
        if not body.text.strip():
            raise InvalidInput("text: words to speak", details={"text": "words to speak"})
        voice = answers.voice_of(body, self._at.provider, self._at.language)
        request.admit()
        anew = bool(body.skip_cache)
        tenant_id = request.tenant_id
        clip = self._at.run(self._desk.say(request.caller, tenant_id, body.text, voice, anew=anew))
        form = body.format or "wav"
        if body.return_url is None and "application/json" not in request.http.headers.get("accept", ""):
            return answers.audio(self._at.encoder, clip, form)
        return Spoken(
            audio_url=self._at.link(tenant_id, clip.hash, form),
            duration_ms=round(clip.seconds * 1000),
            cache_hit=clip.status == "hit",
            format=form,
            hash=clip.hash,
        )

    def get_cached(self, request: Request, query: CacheQuery) -> Reply:
        """Return a clip of the tenant's cache; nothing is made."""
        voice = answers.voice_of(query, self._at.provider, self._at.language)
        _text_or_hash(query)
        request.admit()
        if query.hash:
            clip: Clip | None = self._at.run(self._desk.fetch(request.tenant_id, query.hash))
        else:
            clip = self._at.run(self._desk.lookup(request.tenant_id, query.text or "", voice))
        if clip is None:
            raise NotFound("no such clip")
        return answers.audio(self._at.encoder, clip, query.format or "wav")

    def put_cached(self, request: Request, query: CacheQuery) -> Cached:
        """Store a WAV file as what a text sounds like in the tenant."""
        voice = answers.voice_of(query, self._at.provider, self._at.language)
        if not query.text or not query.text.strip():
            raise InvalidInput("text: required", details={"text": "required"})
        self._staff(request)
        pcm = read_wav(request.http.body, self._desk.cache.sample_rate)
        key = self._desk.cache.key(request.tenant_id, query.text, voice)
        self._at.run(self._desk.cache.put(key, pcm))
        clip = Clip(pcm, self._desk.cache.sample_rate, "hit", hash_of(key))
        return Cached(hash=clip.hash, size_bytes=len(pcm), duration_ms=round(clip.seconds * 1000))

    def delete_cached(self, request: Request, query: CacheQuery) -> Removed:
        """Remove the tenant's clips: one by hash or text, or with `confirm=true` all."""
        voice = answers.voice_of(query, self._at.provider, self._at.language)
        if not query.confirm:
            _text_or_hash(query)
        self._staff(request)
        tenant_id, desk = request.tenant_id, self._desk
        named = query.hash or (hash_of(desk.cache.key(tenant_id, query.text, voice)) if query.text else "")
        self._at.run(desk.cache.settle(tenant_id))
        if not named:
            return self._removed(request, desk.shelf.clear(tenant_id))
        return self._removed(request, desk.shelf.remove(tenant_id, named))

    def cache_stats(self, request: Request) -> CacheStats:
        """Return what the tenant's cache holds."""
        request.admit()
        desk = self._desk
        clips, use = desk.shelf.clips(request.tenant_id), desk.use(request.tenant_id)
        size, rate = sum(clip.size for clip in clips), round(use.hit_rate, 4)
        figures = CacheFigures(
            total_entries=len(clips),
            total_size_bytes=size,
            total_size_mb=round(size / _MEGABYTE, 2),
            max_size_bytes=desk.shelf.most_bytes,
            hits=use.hits,
            misses=use.misses,
            hit_rate=rate,
        )
        return CacheStats(
            cache=figures,
            size_bytes=size,
            entry_count=len(clips),
            hit_rate=rate,
            max_size_bytes=desk.shelf.most_bytes,
            resource_pool={},
        )

    def delete_expired(self, request: Request) -> Removed:
        """Remove the tenant's clips that are too old."""
        request.admit()
        return self._removed(request, self._desk.shelf.expire(request.tenant_id))

    def evict(self, request: Request, body: Evict) -> Removed:
        """Remove the tenant's oldest clips until there is as much room as asked for."""
        if (body.target_size_mb is None) == (body.bytes_to_free is None):
            expected = "either target_size_mb or bytes_to_free"
            raise InvalidInput(f"body: {expected}", details={"body": expected})
        self._staff(request)
        target = None if body.target_size_mb is None else int(body.target_size_mb * _MEGABYTE)
        shelf = self._desk.shelf
        gone = shelf.evict(request.tenant_id, target_bytes=target, free_bytes=body.bytes_to_free or 0)
        return self._removed(request, gone)

    def media(self, request: Request, query: MediaQuery) -> Reply:
        """Return the clip of a signed address, to whoever has it."""
        del request
        now = time.time()
        linked = self._at.links.read(query.clip, now=now)
        clip = self._at.run(self._desk.fetch(linked.tenant_id, linked.hash))
        lasts = int(linked.expires - now)
        return answers.audio(
            self._at.encoder, clip, linked.format, {"Cache-Control": f"private, max-age={lasts}, immutable"}
        )

    def _removed(self, request: Request, gone: list[Stored]) -> Removed:
        keys = [clip.key for clip in gone]
        self._at.run(self._forget(keys))
        note_gone(request.unit, self._desk, request.tenant_id, keys)
        return Removed(entries_removed=len(gone), bytes_freed=sum(clip.size for clip in gone))

    async def _forget(self, keys: list[str]) -> None:
        self._desk.cache.drop(keys)

    @staticmethod
    def _staff(request: Request) -> None:
        """Refuse learners.

        Raises: Forbidden.
        """
        request.admit()
        if (request.admission or {}).get("role") not in _STAFF:
            raise Forbidden("only teachers and administrators may change what everybody hears")


def _text_or_hash(query: CacheQuery) -> None:
    """Raise InvalidInput unless a query names a clip."""
    if not query.hash and not (query.text and query.text.strip()):
        raise InvalidInput("text: required, or hash", details={"text": "required, or hash"})
