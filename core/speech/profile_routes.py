"""Voice profiles over HTTP, and which of them modules speak with. Those who teach or run the tenant change them."""

from typing import Final

from core.speech import answers
from core.speech.desk import Clip
from core.speech.profile_models import (
    Deleted,
    DeleteQuery,
    Done,
    Duplicate,
    Exported,
    Give,
    ModuleAnswer,
    NewProfileBody,
    Preview,
    Previewed,
    ProfileAnswer,
    ProfileChanges,
    ProfileQuery,
    VoiceSettings,
    answer_of,
    association_of,
    fields_of,
    of_module,
    voice_of_profile,
)
from core.speech.routes import Desktop
from shared.api import Access, Listing, Reply, Request, Routes
from shared.errors import NotFound
from shared.ids import known_id, new_id
from shared.repositories.voice_profiles import NewProfile, Profile, ProfileFilter, VoiceProfileRepository

_SAMPLE: Final = "Hello! This is how I sound. Shall we begin?"


class ProfileRoutes:
    """`/api/tts/profiles` and `/api/tts/modules`."""

    def __init__(self, desktop: Desktop) -> None:
        self._at = desktop

    def routes(self) -> Routes:
        """Return the operations."""
        routes = Routes("speech", success_flag=True)
        routes.get("/api/tts/profiles", access=Access.CLIENT)(self.list_profiles)
        routes.post("/api/tts/profiles", access=Access.CLIENT)(self.create_profile)
        routes.post("/api/tts/profiles/import", access=Access.CLIENT)(self.import_profile)
        routes.get("/api/tts/profiles/{profile_id}", access=Access.CLIENT)(self.get_profile)
        routes.put("/api/tts/profiles/{profile_id}", access=Access.CLIENT)(self.change_profile)
        routes.delete("/api/tts/profiles/{profile_id}", access=Access.CLIENT)(self.delete_profile)
        routes.post("/api/tts/profiles/{profile_id}/set-default", access=Access.CLIENT)(self.set_default)
        routes.post("/api/tts/profiles/{profile_id}/preview", access=Access.CLIENT)(self.preview)
        routes.get("/api/tts/profiles/{profile_id}/audio", access=Access.CLIENT)(self.audio)
        routes.post("/api/tts/profiles/{profile_id}/duplicate", access=Access.CLIENT)(self.duplicate)
        routes.get("/api/tts/profiles/{profile_id}/export", access=Access.CLIENT)(self.export)
        routes.get("/api/tts/modules/{module_id}/profiles", access=Access.CLIENT)(self.module_profiles)
        routes.post("/api/tts/modules/{module_id}/profiles", access=Access.CLIENT)(self.give)
        routes.delete("/api/tts/modules/{module_id}/profiles/{profile_id}", access=Access.CLIENT)(self.take)
        routes.get("/api/tts/modules/{module_id}/best-profile", access=Access.CLIENT)(self.best)
        return routes

    def list_profiles(self, request: Request, query: ProfileQuery) -> Listing:
        """Return a page of profiles, the default first, then by name."""
        wanted = ProfileFilter(query.provider, query.tag, query.is_active)
        with request.unit() as unit:
            profiles = VoiceProfileRepository(unit)
            found = profiles.find(wanted, limit=query.limit, offset=query.offset)
            total = profiles.count(wanted)
        page = {"success": True, "total": total.result, "limit": query.limit, "offset": query.offset}
        return Listing("profiles", [fields_of(profile) for profile in found.result], page)

    def create_profile(self, request: Request, body: NewProfileBody) -> ProfileAnswer:
        """Name a voice. With `generate_sample` its sample is made now instead of when somebody listens."""
        profile = self._made(request, body, body.name)
        if body.generate_sample:
            self._sample(request, profile, profile.sample_text or _SAMPLE)
        return answer_of(profile)

    def import_profile(self, request: Request, body: NewProfileBody) -> ProfileAnswer:
        """Name a voice as another tenant has exported it."""
        return answer_of(self._made(request, body, body.name))

    def get_profile(self, request: Request, profile_id: str) -> ProfileAnswer:
        """Return one profile."""
        return answer_of(self._read(request, profile_id))

    def change_profile(self, request: Request, profile_id: str, body: ProfileChanges) -> ProfileAnswer:
        """Change what is given."""
        if body.provider:
            answers.check_provider(body.provider, self._at.provider)
        known = known_id(profile_id, "profile")
        changes: dict[str, object] = {
            name: getattr(body, name) for name in body.__struct_fields__ if name != "settings"
        }
        changes["settings"] = body.settings.kept() if body.settings else None
        with request.unit() as unit:
            VoiceProfileRepository(unit).change(known, changes)
            profile = VoiceProfileRepository(unit).get(known)
        return answer_of(profile.result)

    def delete_profile(self, request: Request, profile_id: str, query: DeleteQuery) -> Deleted:
        """Let a profile rest, or with `hard=true` remove it for good."""
        known = known_id(profile_id, "profile")
        with request.unit() as unit:
            profiles = VoiceProfileRepository(unit)
            profiles.get(known)
            if query.hard:
                profiles.remove(known)
            else:
                profiles.change(known, {"is_active": False})
        return Deleted(deleted=known, permanent=bool(query.hard))

    def set_default(self, request: Request, profile_id: str) -> ProfileAnswer:
        """Make a profile the tenant's default."""
        known = known_id(profile_id, "profile")
        with request.unit() as unit:
            VoiceProfileRepository(unit).make_default(known)
            profile = VoiceProfileRepository(unit).get(known)
        return answer_of(profile.result, default=True)

    def preview(self, request: Request, profile_id: str, body: Preview) -> Previewed:
        """Speak a text with a profile; where to hear it is signed, and good for a day."""
        profile = self._read(request, profile_id)
        text = (body.text or "").strip() or profile.sample_text or _SAMPLE
        clip = self._sample(request, profile, text)
        return Previewed(
            profile=fields_of(profile),
            sample_audio_path=self._at.link(request.tenant_id, clip.hash, "wav"),
            duration_ms=round(clip.seconds * 1000),
        )

    def audio(self, request: Request, profile_id: str) -> Reply:
        """Return a profile's sample as WAV."""
        profile = self._read(request, profile_id)
        if not profile.sample_text:
            raise NotFound("the profile has no sample_text")
        return answers.audio(self._at.encoder, self._sample(request, profile, profile.sample_text), "wav")

    def duplicate(self, request: Request, profile_id: str, body: Duplicate) -> ProfileAnswer:
        """Name the same voice a second time."""
        original = self._read(request, profile_id)
        copy_id = new_id()
        with request.unit() as unit:
            VoiceProfileRepository(unit).add(copy_id, _like(original, body.name))
            made = VoiceProfileRepository(unit).get(copy_id)
        return answer_of(made.result)

    def export(self, request: Request, profile_id: str) -> Exported:
        """Return a profile without what belongs to this tenant."""
        profile = self._read(request, profile_id)
        kept = _like(profile, profile.name)
        fields = ("name", "provider", "voice_id", "description", "tags", "use_case", "sample_text")
        told = {name: getattr(kept, name) for name in fields if getattr(kept, name)}
        return Exported(export={**told, "settings": dict(kept.settings)})

    def module_profiles(self, request: Request, module_id: str) -> Listing:
        """Return what a module speaks with, the best first."""
        with request.unit() as unit:
            profiles = VoiceProfileRepository(unit).of_module(module_id)
            voices = VoiceProfileRepository(unit).voices_of(module_id)
        pairs = zip(profiles.result, voices.result, strict=True)
        return Listing("profiles", [of_module(profile, voice) for profile, voice in pairs], {"success": True})

    def give(self, request: Request, module_id: str, body: Give) -> ModuleAnswer:
        """Have a module speak with a profile."""
        known = known_id(body.profile_id, "profile")
        with request.unit() as unit:
            profiles = VoiceProfileRepository(unit)
            profile = profiles.get(known)
            profiles.give(module_id, known, context=body.context or "", priority=body.priority or 0)
            voices = profiles.voices_of(module_id)
        voice = next(voice for voice in voices.result if voice.profile_id == known)
        return ModuleAnswer(profile=fields_of(profile.result), association=association_of(voice))

    def take(self, request: Request, module_id: str, profile_id: str) -> Done:
        """Have a module speak with a profile no longer."""
        known = known_id(profile_id, "profile")
        with request.unit() as unit:
            VoiceProfileRepository(unit).take(module_id, known)
        return Done()

    def best(self, request: Request, module_id: str) -> ModuleAnswer:
        """Return the best active profile of a module, or else the tenant's default."""
        with request.unit() as unit:
            repository = VoiceProfileRepository(unit)
            profiles, voices = repository.of_module(module_id), repository.voices_of(module_id)
            default = repository.default()
        for profile, voice in zip(profiles.result, voices.result, strict=True):
            if profile.is_active:
                return ModuleAnswer(profile=fields_of(profile), association=association_of(voice))
        if default.result is None:
            raise NotFound(f"module {module_id} has no profile, and there is no default")
        return ModuleAnswer(profile=fields_of(default.result))

    def _made(self, request: Request, body: NewProfileBody, name: str) -> Profile:
        answers.check_provider(body.provider, self._at.provider)
        new = NewProfile(
            name=name,
            provider=body.provider,
            voice_id=body.voice_id,
            settings=(body.settings or VoiceSettings()).kept(),
            description=body.description or "",
            tags=body.tags or (),
            use_case=body.use_case or "",
            sample_text=body.sample_text or "",
        )
        profile_id = new_id()
        with request.unit() as unit:
            VoiceProfileRepository(unit).add(profile_id, new)
            if body.is_default:
                VoiceProfileRepository(unit).make_default(profile_id)
            made = VoiceProfileRepository(unit).get(profile_id)
        return made.result

    @staticmethod
    def _read(request: Request, profile_id: str) -> Profile:
        with request.unit() as unit:
            found = VoiceProfileRepository(unit).get(known_id(profile_id, "profile"))
        return found.result

    def _sample(self, request: Request, profile: Profile, text: str) -> Clip:
        voice = voice_of_profile(profile, self._at.language)
        return self._at.run(self._at.desk.say(request.caller, request.tenant_id, text, voice))


def _like(profile: Profile, name: str) -> NewProfile:
    """Return the same voice under another name."""
    return NewProfile(
        name=name,
        provider=profile.provider,
        voice_id=profile.voice_id,
        settings=profile.settings,
        description=profile.description,
        tags=profile.tags,
        use_case=profile.use_case,
        sample_text=profile.sample_text,
    )
