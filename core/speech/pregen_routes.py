"""Pre-generation jobs over HTTP: `/api/tts/pregen/jobs` and `/api/tts/pregen/extract`."""

from typing import Final

from core.providers.tts.port import Voice
from core.speech import answers, ordering
from core.speech.estimates import Prices
from core.speech.pregen_models import (
    STORED,
    ExtractBody,
    Extracted,
    Gone,
    ItemQuery,
    NewPregenJob,
    NewText,
    OneJob,
    PregenQuery,
    Progress,
    ResetCount,
    TtsConfig,
    item_of,
    job_of,
    progress_of,
)
from core.speech.profile_models import voice_of_profile
from core.speech.routes import Desktop
from core.speech.scripts import Line, items_of
from core.speech.sources import Reading
from core.voice.speakable import speakable
from shared.api import Access, Listing, Request, Routes
from shared.db import Pending, Unit
from shared.errors import InvalidInput, NotFound
from shared.ids import known_id
from shared.repositories.speech_items import SpeechItemRepository
from shared.repositories.speech_orders import NewOrder, Purpose, Source, SpeechOrder, SpeechOrderRepository
from shared.repositories.voice_profiles import Profile, VoiceProfileRepository

_JOBS: Final[tuple[Purpose, ...]] = ("batch", "comparison")
_MOST_SHOWN: Final = 1_000


class PregenRoutes:
    """The operations. Everybody of a tenant looks; those who teach or run it decide, and its budget pays."""

    def __init__(self, desktop: Desktop) -> None:
        self._at = desktop
        self._desk = desktop.desk

    def routes(self) -> Routes:
        """Return the operations."""
        routes = Routes("speech", success_flag=True)
        one = "/api/tts/pregen/jobs/{pregen_id}"
        routes.get("/api/tts/pregen/jobs", access=Access.CLIENT)(self.list_jobs)
        routes.post("/api/tts/pregen/jobs", access=Access.CLIENT)(self.create)
        routes.get(one, access=Access.CLIENT)(self.get_job)
        routes.delete(one, access=Access.CLIENT)(self.remove)
        routes.get(f"{one}/progress", access=Access.CLIENT)(self.progress)
        routes.get(f"{one}/items", access=Access.CLIENT)(self.items)
        routes.post(f"{one}/start", access=Access.CLIENT)(self.start)
        routes.post(f"{one}/pause", access=Access.CLIENT)(self.pause)
        routes.post(f"{one}/resume", access=Access.CLIENT)(self.resume)
        routes.post(f"{one}/retry-failed", access=Access.CLIENT)(self.retry_failed)
        routes.post("/api/tts/pregen/extract", access=Access.CLIENT, replayable=False)(self.extract)
        return routes

    def list_jobs(self, request: Request, query: PregenQuery) -> Listing:
        """Return a page of jobs, the newest first."""
        purposes: tuple[Purpose, ...] = (query.job_type,) if query.job_type else _JOBS
        wanted = STORED.get(query.status, [query.status]) if query.status else None
        with request.unit() as unit:
            orders = SpeechOrderRepository(unit)
            found = orders.find(*purposes, statuses=wanted, limit=query.limit, offset=query.offset)
            total = orders.count(*purposes, statuses=wanted)
        page = {"success": True, "total": total.result, "limit": query.limit, "offset": query.offset}
        return Listing("jobs", [job_of(order) for order in found.result], page)

    def create(self, request: Request, body: NewPregenJob) -> OneJob:
        """Order that texts, or all of a source, be spoken; it begins when it is started, or with `auto_start` now."""
        choice = Choice(self._at, body.profile_id, body.tts_config)
        with request.unit() as unit:
            SpeechOrderRepository(unit).require_teacher()
            choice.ask(unit)
            reading = Reading(unit, body.source_type, _id_of(body.source_type, body.source_id))
            prices = Prices(unit, self._desk)
        voice = choice.voice
        lines = reading.lines(request.tenant_id) if body.items is None else _own(request.tenant_id, body.items)
        if not lines:
            raise _nothing(body.source_type, body.source_id)
        new = NewOrder(
            purpose="batch",
            name=body.name,
            source_type=body.source_type,
            source_id=body.source_id or "",
            profile_id=choice.profile_id,
            voice=voice.name,
            speed=voice.speed,
            language=voice.language,
            output_format=body.output_format or "wav",
        )
        items = items_of(lines, voice)
        known = ordering.prospect(self._desk, items, prices.price)
        with request.unit() as unit:
            order_id = ordering.place(unit, new, items, known)
            if body.auto_start:
                ordering.send(unit, order_id, "batch")
            placed = SpeechOrderRepository(unit).get(order_id)
        return OneJob(job=job_of(placed.result))

    def get_job(self, request: Request, pregen_id: str) -> OneJob:
        """Return a job."""
        return OneJob(job=job_of(self._read(request, pregen_id)))

    def progress(self, request: Request, pregen_id: str) -> Progress:
        """Return how far a job is."""
        return progress_of(self._read(request, pregen_id))

    def items(self, request: Request, pregen_id: str, query: ItemQuery) -> Listing:
        """Return a page of a job's texts, in their order."""
        known = known_id(pregen_id, "job")
        with request.unit() as unit:
            SpeechOrderRepository(unit).get(known, *_JOBS)
            items = SpeechItemRepository(unit)
            found = items.find(known, status=query.status, limit=query.limit, offset=query.offset)
            total = items.count(known, status=query.status)
        page = {"success": True, "total": total.result, "limit": query.limit, "offset": query.offset}
        return Listing("items", [item_of(item) for item in found.result], page)

    def start(self, request: Request, pregen_id: str) -> OneJob:
        """Begin to speak what is missing; one that has failed or was cancelled begins again where it was."""
        return self._asked(request, pregen_id, ordering.start)

    def pause(self, request: Request, pregen_id: str) -> OneJob:
        """Speak no more for now."""
        return self._asked(request, pregen_id, ordering.pause)

    def resume(self, request: Request, pregen_id: str) -> OneJob:
        """Go on with a job that was paused."""
        return self._asked(request, pregen_id, ordering.resume)

    def retry_failed(self, request: Request, pregen_id: str) -> ResetCount:
        """Try again what was given up."""
        order = self._read(request, pregen_id)
        ordering.ask(request, order, ordering.retry_failed)
        return ResetCount(reset_count=order.failed)

    def remove(self, request: Request, pregen_id: str) -> Gone:
        """Remove a job, and stop it where it is under way; its clips stay."""
        order = self._read(request, pregen_id)
        with request.unit() as unit:
            SpeechOrderRepository(unit).require_teacher()
            ordering.stop(unit, order)
            SpeechOrderRepository(unit).remove(order.id)
        return Gone(deleted=order.id)

    def extract(self, request: Request, body: ExtractBody) -> Extracted:
        """Return what would be spoken of a source, and what that would cost; nothing is ordered."""
        choice = Choice(self._at, body.profile_id, body.tts_config)
        with request.unit() as unit:
            choice.ask(unit)
            reading = Reading(unit, body.source_type, _id_of(body.source_type, body.source_id))
            prices = Prices(unit, self._desk)
        own = [NewText(text=text) for text in body.texts or []]
        lines = _own(request.tenant_id, own) if own else reading.lines(request.tenant_id)
        if not lines:
            raise _nothing(body.source_type, body.source_id)
        items = items_of(lines, choice.voice)
        known = ordering.prospect(self._desk, items, prices.price)
        stats = {
            "total_items": len(lines),
            "total_characters": sum(len(line.text) for line in lines),
            "cached_items": len(known.there),
            "missing_characters": known.estimate.characters,
            "estimated_cost_micro_usd": known.estimate.micro_usd,
            "estimated_duration_seconds": round(known.estimate.seconds, 1),
        }
        shown = [{"text": line.text, "source_ref": line.source_ref} for line in lines[:_MOST_SHOWN]]
        return Extracted(items=shown, total_count=len(lines), stats=stats)

    def _asked(self, request: Request, pregen_id: str, act: ordering.Act) -> OneJob:
        return OneJob(job=job_of(ordering.ask(request, self._read(request, pregen_id), act)))

    @staticmethod
    def _read(request: Request, pregen_id: str) -> SpeechOrder:
        known = known_id(pregen_id, "job")
        with request.unit() as unit:
            found = SpeechOrderRepository(unit).get(known, *_JOBS)
        return found.result


class Choice:
    """The voice a request chooses: a profile's, or one it describes.

    Raises: InvalidInput: both, or an unknown provider. NotFound: no such profile.
    """

    def __init__(self, desktop: Desktop, profile_id: str | None, config: TtsConfig | None) -> None:
        if profile_id is not None and config is not None:
            expected = "either profile_id or tts_config"
            raise InvalidInput(f"tts_config: {expected}", details={"tts_config": expected})
        self._config = config or TtsConfig()
        answers.check_provider(self._config.provider, desktop.provider)
        self._language = desktop.language
        self._asked: Pending[Profile] | None = None
        self.profile_id = known_id(profile_id, "profile") if profile_id is not None else None

    def ask(self, unit: Unit) -> None:
        """Queue the read of the profile."""
        if self.profile_id is not None:
            self._asked = VoiceProfileRepository(unit).get(self.profile_id)

    @property
    def voice(self) -> Voice:
        """The voice, once the profile was read."""
        if self._asked is not None:
            return voice_of_profile(self._asked.result, self._language)
        return voice_of_config(self._config, self._language)


def voice_of_config(config: TtsConfig, language: str) -> Voice:
    """Return the voice a request describes."""
    return Voice(answers.voice_name(config.voice_id), config.speed or 1.0, config.language or language)


def _id_of(source_type: Source, source_id: str | None) -> str:
    """Return the source's id.

    Raises: InvalidInput: it has to be named.
    """
    if source_type != "custom" and not source_id:
        expected = "the id of the curriculum, the pack or the module"
        raise InvalidInput(f"source_id: {expected}", details={"source_id": expected})
    return source_id or ""


def _own(tenant_id: str, texts: list[NewText]) -> list[Line]:
    """Return texts of the request, which are the tenant's own."""
    spoken = [
        Line(tenant_id, speakable(new.text), new.source_ref or f"custom/{position}")
        for position, new in enumerate(texts)
    ]
    return [line for line in spoken if line.text]


def _nothing(source_type: Source, source_id: str | None) -> InvalidInput | NotFound:
    if source_type == "custom":
        expected = "texts with words in them"
        return InvalidInput(f"items: {expected}", details={"items": expected})
    return NotFound(f"{source_type} {source_id} not found, or there is nothing in it to be read aloud")
