"""The voices a tenant has chosen and named, and which of them its modules speak with."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

import msgspec

from shared.db import Json, Pending, Unit
from shared.ids import new_id

_PROFILES: Final = """SELECT id, name, description, provider, voice_id, settings, tags, use_case, sample_text,
    is_active, is_default, created_at, updated_at
    FROM tts_profiles WHERE tenant_id = %(tenant_id)s"""


class NewProfile(msgspec.Struct, frozen=True, kw_only=True):
    """A voice to be named; `settings` as the wire has them."""

    name: str
    provider: str
    voice_id: str
    settings: Mapping[str, object]
    description: str = ""
    tags: Sequence[str] = ()
    use_case: str = ""
    sample_text: str = ""


class Profile(msgspec.Struct, frozen=True):
    """A named voice."""

    id: str
    name: str
    description: str
    provider: str
    voice_id: str
    settings: dict[str, Any]
    tags: list[str]
    use_case: str
    sample_text: str
    is_active: bool
    is_default: bool
    created_at: datetime
    updated_at: datetime


class ModuleVoice(msgspec.Struct, frozen=True):
    """What a module speaks with; the highest `priority` is the best."""

    id: str
    profile_id: str
    context: str
    priority: int
    created_at: datetime


class ProfileFilter(msgspec.Struct, frozen=True):
    """Which profiles; None is every one."""

    provider: str | None = None
    tag: str | None = None
    is_active: bool | None = None


class VoiceProfileRepository:
    """The profiles of the unit's tenant. Whoever changes one teaches or runs the tenant; others are refused."""

    def __init__(self, unit: Unit) -> None:
        self._unit = unit

    def find(self, wanted: ProfileFilter, *, limit: int, offset: int) -> Pending[list[Profile]]:
        """Queue the read of a page, the default first, then by name."""
        return self._unit.all(
            Profile,
            _PROFILES
            + """ AND (%(provider)s::text IS NULL OR provider = %(provider)s)
                 AND (%(tag)s::text IS NULL OR %(tag)s = ANY(tags))
                 AND (%(is_active)s::boolean IS NULL OR is_active = %(is_active)s)
               ORDER BY is_default DESC, name, id LIMIT %(limit)s OFFSET %(offset)s""",
            provider=wanted.provider,
            tag=wanted.tag,
            is_active=wanted.is_active,
            limit=limit,
            offset=offset,
        )

    def count(self, wanted: ProfileFilter) -> Pending[int]:
        """Queue the count of what `find` pages through."""
        return self._unit.value(
            int,
            """SELECT count(*) FROM tts_profiles
               WHERE tenant_id = %(tenant_id)s AND (%(provider)s::text IS NULL OR provider = %(provider)s)
                 AND (%(tag)s::text IS NULL OR %(tag)s = ANY(tags))
                 AND (%(is_active)s::boolean IS NULL OR is_active = %(is_active)s)""",
            provider=wanted.provider,
            tag=wanted.tag,
            is_active=wanted.is_active,
        )

    def get(self, profile_id: str) -> Pending[Profile]:
        """Queue the read of one; NotFound at the unit's end."""
        return self._unit.one(
            Profile,
            _PROFILES + " AND id = %(profile_id)s",
            missing=f"profile {profile_id} not found",
            profile_id=profile_id,
        )

    def add(self, profile_id: str, new: NewProfile) -> None:
        """Queue the making of a profile. At the unit's end: Forbidden; Conflict: the name is taken."""
        self._require_teacher()
        self._unit.run(
            """INSERT INTO tts_profiles (tenant_id, id, name, description, provider, voice_id, settings, tags, use_case,
                                         sample_text)
               VALUES (%(tenant_id)s, %(profile_id)s, %(name)s, %(description)s, %(provider)s, %(voice_id)s,
                       %(settings)s, %(tags)s, %(use_case)s, %(sample_text)s)""",
            profile_id=profile_id,
            name=new.name,
            description=new.description,
            provider=new.provider,
            voice_id=new.voice_id,
            settings=Json(dict(new.settings)),
            tags=list(new.tags),
            use_case=new.use_case,
            sample_text=new.sample_text,
        )

    def change(self, profile_id: str, changes: Mapping[str, object]) -> None:
        """Queue changes of a profile; what is not named, or None, stays. At the unit's end: Forbidden; Conflict.

        Args: changes: columns of `NewProfile`, and is_active; a profile that rests is not the default.
        """
        self._require_teacher()
        settings = changes.get("settings")
        self._unit.run(
            """UPDATE tts_profiles
               SET name = coalesce(%(name)s, name), description = coalesce(%(description)s, description),
                   provider = coalesce(%(provider)s, provider), voice_id = coalesce(%(voice_id)s, voice_id),
                   settings = settings || coalesce(%(settings)s, '{}'::jsonb), tags = coalesce(%(tags)s::text[], tags),
                   use_case = coalesce(%(use_case)s, use_case), sample_text = coalesce(%(sample_text)s, sample_text),
                   is_active = coalesce(%(is_active)s, is_active),
                   is_default = is_default AND coalesce(%(is_active)s, true), updated_at = now()
               WHERE tenant_id = %(tenant_id)s AND id = %(profile_id)s""",
            profile_id=profile_id,
            name=changes.get("name"),
            description=changes.get("description"),
            provider=changes.get("provider"),
            voice_id=changes.get("voice_id"),
            settings=Json(settings) if isinstance(settings, dict) else None,
            tags=changes.get("tags"),
            use_case=changes.get("use_case"),
            sample_text=changes.get("sample_text"),
            is_active=changes.get("is_active"),
        )

    def make_default(self, profile_id: str) -> None:
        """Queue that a profile, which is active from then on, is the tenant's default."""
        self._require_teacher()
        self._unit.run(
            """UPDATE tts_profiles SET is_default = false
               WHERE tenant_id = %(tenant_id)s AND is_default AND id <> %(profile_id)s""",
            profile_id=profile_id,
        )
        self._unit.run(
            """UPDATE tts_profiles SET is_default = true, is_active = true, updated_at = now()
               WHERE tenant_id = %(tenant_id)s AND id = %(profile_id)s""",
            profile_id=profile_id,
        )

    def remove(self, profile_id: str) -> None:
        """Queue the removal of a profile, and of what modules speak with it."""
        self._require_teacher()
        self._unit.run(
            "DELETE FROM tts_profiles WHERE tenant_id = %(tenant_id)s AND id = %(profile_id)s", profile_id=profile_id
        )

    def of_module(self, module_id: str) -> Pending[list[Profile]]:
        """Queue the read of a module's profiles, the best first, as `voices_of` has them."""
        return self._unit.all(
            Profile,
            """SELECT p.id, p.name, p.description, p.provider, p.voice_id, p.settings, p.tags, p.use_case,
                      p.sample_text, p.is_active, p.is_default, p.created_at, p.updated_at
               FROM module_voices m JOIN tts_profiles p ON p.tenant_id = m.tenant_id AND p.id = m.profile_id
               WHERE m.tenant_id = %(tenant_id)s AND m.module_id = %(module_id)s
               ORDER BY m.priority DESC, m.created_at, m.id""",
            module_id=module_id,
        )

    def voices_of(self, module_id: str) -> Pending[list[ModuleVoice]]:
        """Queue the read of what a module speaks with, the best first."""
        return self._unit.all(
            ModuleVoice,
            """SELECT id, profile_id, context, priority, created_at FROM module_voices
               WHERE tenant_id = %(tenant_id)s AND module_id = %(module_id)s
               ORDER BY priority DESC, created_at, id""",
            module_id=module_id,
        )

    def default(self) -> Pending[Profile | None]:
        """Queue the read of the tenant's default."""
        return self._unit.maybe(Profile, _PROFILES + " AND is_default")

    def give(self, module_id: str, profile_id: str, *, context: str, priority: int) -> None:
        """Queue that a module speaks with a profile; again: with another context and priority.

        At the unit's end: Forbidden. A profile that is not there is not given: read it in the same unit.
        """
        self._require_teacher()
        self._unit.run(
            """INSERT INTO module_voices (tenant_id, module_id, profile_id, id, context, priority)
               SELECT tenant_id, %(module_id)s, id, %(id)s, %(context)s, %(priority)s FROM tts_profiles
               WHERE tenant_id = %(tenant_id)s AND id = %(profile_id)s
               ON CONFLICT (tenant_id, module_id, profile_id) DO UPDATE
               SET context = excluded.context, priority = excluded.priority""",
            module_id=module_id,
            profile_id=profile_id,
            id=new_id(),
            context=context,
            priority=priority,
        )

    def take(self, module_id: str, profile_id: str) -> Pending[ModuleVoice]:
        """Queue that a module no longer speaks with a profile. At the unit's end: Forbidden, NotFound."""
        self._require_teacher()
        return self._unit.one(
            ModuleVoice,
            """DELETE FROM module_voices
               WHERE tenant_id = %(tenant_id)s AND module_id = %(module_id)s AND profile_id = %(profile_id)s
               RETURNING id, profile_id, context, priority, created_at""",
            missing=f"module {module_id} does not speak with profile {profile_id}",
            module_id=module_id,
            profile_id=profile_id,
        )

    def _require_teacher(self) -> None:
        self._unit.run("SELECT require_teacher() -- for the tenant_id that entered")
