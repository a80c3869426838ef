"""Voice profiles on the wire. Names and shapes: docs/reference/speech.md."""

from typing import Annotated, Any

import msgspec
from msgspec import UNSET, Meta, Struct, UnsetType

from core.providers.tts.port import Voice
from core.speech.answers import voice_name
from core.speech.models import Done, Id, Name, Speed, Text
from shared.clock import iso
from shared.repositories.voice_profiles import ModuleVoice, Profile

Title = Annotated[str, Meta(min_length=1, max_length=200)]
Words = Annotated[str, Meta(max_length=2_000)]
Tags = Annotated[list[Annotated[str, Meta(min_length=1, max_length=64)]], Meta(max_length=50)]
VoiceName = Annotated[Name, Meta(min_length=1)]
Share = Annotated[float, Meta(ge=0, le=2)]


class VoiceSettings(Struct, kw_only=True, omit_defaults=True):
    """How a voice speaks; what an engine does not have, it does not heed."""

    speed: Speed | UnsetType = UNSET
    exaggeration: Share | UnsetType | None = UNSET
    cfg_weight: Share | UnsetType | None = UNSET
    language: Name | UnsetType | None = UNSET
    extra: dict[str, Any] | UnsetType | None = UNSET

    def kept(self) -> dict[str, object]:
        """Return what was given."""
        given: dict[str, object] = msgspec.to_builtins(self)
        return {name: value for name, value in given.items() if value is not None}


class NewProfileBody(Struct, kw_only=True):
    """POST /api/tts/profiles."""

    name: Title
    provider: VoiceName
    voice_id: VoiceName
    settings: VoiceSettings | None = None
    description: Words | None = None
    tags: Tags | None = None
    use_case: Title | None = None
    sample_text: Text | None = None
    is_default: bool | None = None
    generate_sample: bool | None = None


class FromVariant(Struct, kw_only=True):
    """POST /api/tts/profiles/from-variant/{variant_id}."""

    name: Title
    description: Words | None = None
    tags: Tags | None = None
    use_case: Title | None = None
    is_default: bool | None = None


class ProfileChanges(Struct, kw_only=True):
    """PUT /api/tts/profiles/{id}; what is absent or null stays."""

    name: Title | None = None
    provider: VoiceName | None = None
    voice_id: VoiceName | None = None
    settings: VoiceSettings | None = None
    description: Words | None = None
    tags: Tags | None = None
    use_case: Words | None = None
    sample_text: Text | None = None
    is_active: bool | None = None


class ProfileQuery(Struct, kw_only=True):
    """GET /api/tts/profiles."""

    provider: Name | None = None
    tag: Annotated[str, Meta(max_length=64)] | None = None
    is_active: bool | None = None
    limit: Annotated[int, Meta(ge=1, le=200)] = 50
    offset: Annotated[int, Meta(ge=0, le=10_000)] = 0


class DeleteQuery(Struct, kw_only=True):
    """DELETE /api/tts/profiles/{id}."""

    hard: bool | None = None


class Preview(Struct, kw_only=True):
    """POST /api/tts/profiles/{id}/preview."""

    text: Text | None = None


class Duplicate(Struct, kw_only=True):
    """POST /api/tts/profiles/{id}/duplicate."""

    name: Title


class Give(Struct, kw_only=True):
    """POST /api/tts/modules/{module_id}/profiles."""

    profile_id: Id
    context: Annotated[str, Meta(max_length=64)] | None = None
    priority: Annotated[int, Meta(ge=-1_000, le=1_000)] | None = None


class ProfileFields(Struct, kw_only=True):
    """A profile."""

    id: str
    name: str
    provider: str
    voice_id: str
    settings: dict[str, Any]
    tags: list[str]
    is_active: bool
    is_default: bool
    created_at: str
    updated_at: str
    description: str | UnsetType = UNSET
    use_case: str | UnsetType = UNSET
    sample_text: str | UnsetType = UNSET
    sample_audio_path: str | UnsetType = UNSET


class ProfileAnswer(ProfileFields, kw_only=True):
    """A profile as Android reads it, and inside it as the console does."""

    profile: ProfileFields
    success: bool = True
    default_profile_id: str | UnsetType = UNSET


class Previewed(Done, kw_only=True):
    """How a profile sounds: where, and for how many milliseconds."""

    profile: ProfileFields
    sample_audio_path: str
    duration_ms: int


class Deleted(Done, kw_only=True):
    """A profile that is gone, or rests."""

    deleted: str
    permanent: bool


class Exported(Done, kw_only=True):
    """A profile as `import` takes it."""

    export: dict[str, Any]


class Association(Struct, kw_only=True):
    """That a module speaks with a profile."""

    id: str
    context: str
    priority: int
    created_at: str


class ModuleProfile(Struct, kw_only=True):
    """One of a module's profiles; without an association it is the tenant's default."""

    profile: ProfileFields
    association: Association | UnsetType = UNSET


class ModuleAnswer(ModuleProfile, kw_only=True):
    """One of a module's profiles, by itself."""

    success: bool = True


def fields_of(profile: Profile) -> ProfileFields:
    """Return a profile as both readers have it."""
    return ProfileFields(
        id=profile.id,
        name=profile.name,
        provider=profile.provider,
        voice_id=profile.voice_id,
        settings={"speed": 1.0, **profile.settings},
        tags=profile.tags,
        is_active=profile.is_active,
        is_default=profile.is_default,
        created_at=iso(profile.created_at),
        updated_at=iso(profile.updated_at),
        description=profile.description or UNSET,
        use_case=profile.use_case or UNSET,
        sample_text=profile.sample_text or UNSET,
        sample_audio_path=f"/api/tts/profiles/{profile.id}/audio" if profile.sample_text else UNSET,
    )


def answer_of(profile: Profile, *, default: bool = False) -> ProfileAnswer:
    """Return a profile in both forms; `default` names it as the default it has become."""
    fields = fields_of(profile)
    flat = {name: getattr(fields, name) for name in fields.__struct_fields__}
    return ProfileAnswer(**flat, profile=fields, default_profile_id=profile.id if default else UNSET)


def of_module(profile: Profile, voice: ModuleVoice) -> ModuleProfile:
    """Return one of a module's profiles."""
    return ModuleProfile(profile=fields_of(profile), association=association_of(voice))


def association_of(voice: ModuleVoice) -> Association:
    """Return that a module speaks with a profile."""
    return Association(id=voice.id, context=voice.context, priority=voice.priority, created_at=iso(voice.created_at))


def voice_of_profile(profile: Profile, language: str) -> Voice:
    """Return the voice a profile names.

    Args: language: where the profile names none.
    """
    settings = msgspec.convert(profile.settings, VoiceSettings)
    return Voice(voice_name(profile.voice_id), settings.speed or 1.0, settings.language or language)
