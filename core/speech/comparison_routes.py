"""Voices compared by ear: `/api/tts/pregen/sessions`, their variants, and the voice that is chosen of them."""

from typing import Final

from core.speech import answers, ordering
from core.speech.encoding import ENCODINGS
from core.speech.estimates import Prices, voice_of
from core.speech.pregen_models import (
    STORED,
    Gone,
    NewSession,
    OneSession,
    OneVariant,
    PregenQuery,
    Rate,
    session_of,
    variant_of,
)
from core.speech.pregen_routes import voice_of_config
from core.speech.profile_models import FromVariant, ProfileAnswer, answer_of
from core.speech.routes import Desktop
from core.speech.scripts import Line, items_of
from core.voice.speakable import speakable
from shared.api import Access, Listing, Reply, Request, Routes
from shared.errors import InvalidInput, NotFound
from shared.ids import known_id, new_id
from shared.repositories.speech_items import Item, NewItem, SpeechItemRepository
from shared.repositories.speech_orders import NewOrder, SpeechOrder, SpeechOrderRepository
from shared.repositories.voice_profiles import NewProfile, VoiceProfileRepository

_MOST_VARIANTS: Final = 500
_FORMATS: Final = tuple(ENCODINGS)


class ComparisonRoutes:
    """The operations. Everybody of a tenant listens and rates; those who teach or run it have voices compared."""

    def __init__(self, desktop: Desktop) -> None:
        self._at = desktop
        self._desk = desktop.desk

    def routes(self) -> Routes:
        """Return the operations."""
        routes = Routes("speech", success_flag=True)
        one, variant = "/api/tts/pregen/sessions/{comparison_id}", "/api/tts/pregen/variants/{variant_id}"
        routes.get("/api/tts/pregen/sessions", access=Access.CLIENT)(self.list_sessions)
        routes.post("/api/tts/pregen/sessions", access=Access.CLIENT)(self.create)
        routes.get(one, access=Access.CLIENT)(self.get_session)
        routes.delete(one, access=Access.CLIENT)(self.remove)
        routes.post(f"{one}/generate", access=Access.CLIENT)(self.generate)
        routes.get(f"{variant}/audio", access=Access.CLIENT)(self.audio)
        routes.post(f"{variant}/rate", access=Access.CLIENT)(self.rate)
        routes.post("/api/tts/profiles/from-variant/{variant_id}", access=Access.CLIENT)(self.choose)
        return routes

    def list_sessions(self, request: Request, query: PregenQuery) -> Listing:
        """Return a page of comparisons, the newest first."""
        wanted = STORED.get(query.status, [query.status]) if query.status else None
        with request.unit() as unit:
            orders = SpeechOrderRepository(unit)
            found = orders.find("comparison", statuses=wanted, limit=query.limit, offset=query.offset)
            total = orders.count("comparison", statuses=wanted)
        page = {"success": True, "total": total.result, "limit": query.limit, "offset": query.offset}
        return Listing("sessions", [session_of(order) for order in found.result], page)

    def create(self, request: Request, body: NewSession) -> OneSession:
        """Name samples and the voices that are to speak them; `generate` has them spoken."""
        items = self._variants(request.tenant_id, body)
        with request.unit() as unit:
            SpeechOrderRepository(unit).require_teacher()
            prices = Prices(unit, self._desk)
        known = ordering.prospect(self._desk, items, prices.price)
        new = NewOrder(
            purpose="comparison",
            name=body.name,
            description=body.description or "",
            source_type="custom",
            language=self._at.language,
        )
        with request.unit() as unit:
            order_id = ordering.place(unit, new, items, known)
            placed = SpeechOrderRepository(unit).get(order_id)
            variants = SpeechItemRepository(unit).find(order_id, limit=_MOST_VARIANTS)
        return OneSession(session=session_of(placed.result, variants.result))

    def get_session(self, request: Request, comparison_id: str) -> OneSession:
        """Return a comparison with its variants."""
        known = known_id(comparison_id, "session")
        with request.unit() as unit:
            found = SpeechOrderRepository(unit).get(known, "comparison")
            variants = SpeechItemRepository(unit).find(known, limit=_MOST_VARIANTS)
        return OneSession(session=session_of(found.result, variants.result))

    def generate(self, request: Request, comparison_id: str) -> OneSession:
        """Begin to speak the variants that are missing."""
        order = ordering.ask(request, self._read(request, comparison_id), ordering.start)
        return OneSession(session=session_of(order))

    def remove(self, request: Request, comparison_id: str) -> Gone:
        """Remove a comparison and what was thought of its variants; its clips stay."""
        order = self._read(request, comparison_id)
        with request.unit() as unit:
            SpeechOrderRepository(unit).require_teacher()
            ordering.stop(unit, order)
            SpeechOrderRepository(unit).remove(order.id)
        return Gone(deleted=order.id)

    def audio(self, request: Request, variant_id: str) -> Reply:
        """Return what a variant, or an item of a job, sounds like, in its order's format; nothing is made."""
        item, order = self._item(request, variant_id)
        clip = self._at.run(self._desk.lookup(item.owner_id, item.text, voice_of(item)))
        if clip is None:
            raise NotFound("it is not spoken yet")
        return answers.audio(self._at.encoder, clip, _FORMATS[_FORMATS.index(order.output_format)])

    def rate(self, request: Request, variant_id: str, body: Rate) -> OneVariant:
        """Note what a listener thinks of a variant, from 1 to 5; the last one counts."""
        known = known_id(variant_id, "variant")
        with request.unit() as unit:
            items = SpeechItemRepository(unit)
            items.get(known)
            items.rate(known, body.rating, body.notes or "")
            rated = items.get(known)
        return OneVariant(variant=variant_of(rated.result))

    def choose(self, request: Request, variant_id: str, body: FromVariant) -> ProfileAnswer:
        """Name the voice of a variant, for those who teach or run the tenant."""
        item, _ = self._item(request, variant_id)
        new = NewProfile(
            name=body.name,
            provider=self._at.provider,
            voice_id=item.voice or "default",
            settings={"speed": item.speed, "language": item.language},
            description=body.description or "",
            tags=body.tags or (),
            use_case=body.use_case or "",
            sample_text=item.text,
        )
        profile_id = new_id()
        with request.unit() as unit:
            profiles = VoiceProfileRepository(unit)
            profiles.add(profile_id, new)
            if body.is_default:
                profiles.make_default(profile_id)
            made = profiles.get(profile_id)
        return answer_of(made.result)

    def _variants(self, tenant_id: str, body: NewSession) -> list[NewItem]:
        """Return every sample in every voice.

        Raises: InvalidInput: two voices with one name, or a sample without words.
        """
        names = [configuration.name for configuration in body.configurations]
        if len(set(names)) < len(names):
            expected = "each with a name of its own"
            raise InvalidInput(f"configurations: {expected}", details={"configurations": expected})
        lines = [
            Line(tenant_id, speakable(new.text), new.source_ref or f"sample/{position}")
            for position, new in enumerate(body.samples)
        ]
        if not all(line.text for line in lines):
            expected = "texts with words in them"
            raise InvalidInput(f"samples: {expected}", details={"samples": expected})
        items: list[NewItem] = []
        for configuration in body.configurations:
            answers.check_provider(configuration.provider, self._at.provider)
            voice = voice_of_config(configuration, self._at.language)
            items += items_of(lines, voice, label=configuration.name)
        return items

    @staticmethod
    def _read(request: Request, comparison_id: str) -> SpeechOrder:
        known = known_id(comparison_id, "session")
        with request.unit() as unit:
            found = SpeechOrderRepository(unit).get(known, "comparison")
        return found.result

    @staticmethod
    def _item(request: Request, variant_id: str) -> tuple[Item, SpeechOrder]:
        known = known_id(variant_id, "variant")
        with request.unit() as unit:
            item = SpeechItemRepository(unit).get(known)
        with request.unit() as unit:
            order = SpeechOrderRepository(unit).get(item.result.order_id)
        return item.result, order.result
