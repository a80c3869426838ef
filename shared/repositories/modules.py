"""What a tenant decided about modules, and the questions of the shared ones."""

from collections.abc import Mapping, Sequence

import msgspec

from shared.db import Json, Pending, Unit


class ModuleSettings(msgspec.Struct, frozen=True):
    """A tenant's own decisions; `feature_overrides` has only the features it decided about."""

    module_id: str
    enabled: bool
    feature_overrides: dict[str, bool]


class ModuleSize(msgspec.Struct, frozen=True):
    """A domain's share of a module: its questions, and the bytes of their texts."""

    domain_id: str
    questions: int
    text_bytes: int


class ModuleQuestion(msgspec.Struct, frozen=True):
    """A question as a module carries it."""

    id: str
    domain_id: str
    subcategory: str
    question_text: str
    answer_text: str
    answer_type: str
    acceptable_answers: list[str]
    difficulty: int
    speed_target_seconds: int
    question_type: str
    hints: list[str]
    explanation: str


class ModuleRepository:
    """The knowledge-bowl module is what the active system packs hold."""

    def __init__(self, unit: Unit) -> None:
        self._unit = unit

    def settings(self) -> Pending[list[ModuleSettings]]:
        """Queue the read of everything the tenant decided."""
        return self._unit.all(
            ModuleSettings,
            "SELECT module_id, enabled, feature_overrides FROM module_settings WHERE tenant_id = %(tenant_id)s",
        )

    def decide(self, module_id: str, *, enabled: bool | None, overrides: Mapping[str, bool]) -> Pending[ModuleSettings]:
        """Queue a decision, laid over the present one; None leaves a module as it is."""
        return self._unit.one(
            ModuleSettings,
            """INSERT INTO module_settings AS stored (tenant_id, module_id, enabled, feature_overrides)
               VALUES (%(tenant_id)s, %(module_id)s, coalesce(%(enabled)s::boolean, true), %(overrides)s)
               ON CONFLICT (tenant_id, module_id) DO UPDATE SET
                   enabled = coalesce(%(enabled)s::boolean, stored.enabled),
                   feature_overrides = stored.feature_overrides || excluded.feature_overrides, updated_at = now()
               RETURNING module_id, enabled, feature_overrides""",
            module_id=module_id,
            enabled=enabled,
            overrides=Json(dict(overrides)),
        )

    def sizes(self) -> Pending[list[ModuleSize]]:
        """Queue the count of the module's questions by domain."""
        return self._unit.all(
            ModuleSize,
            """SELECT q.domain_id, count(*) AS questions,
                      sum(octet_length(q.question_text) + octet_length(q.answer_text)
                          + octet_length(q.explanation))::bigint AS text_bytes
               FROM module_questions(NULL, NULL) q -- cross-tenant: the module is shared content
               GROUP BY q.domain_id ORDER BY q.domain_id""",
        )

    def questions(
        self, *, domains: Sequence[str] | None = None, difficulties: Sequence[int] | None = None, most: int
    ) -> Pending[list[ModuleQuestion]]:
        """Queue the read of the module's questions, by domain and subcategory.

        Args:
            domains, difficulties: only these; None takes all. most: no more than these.
        """
        return self._unit.all(
            ModuleQuestion,
            """SELECT q.id, q.domain_id, q.subcategory, q.question_text, q.answer_text, q.answer_type,
                      q.acceptable_answers, q.difficulty, q.speed_target_seconds, q.question_type, q.hints,
                      q.explanation
               FROM module_questions(%(domains)s::text[], %(difficulties)s::int[]) q -- cross-tenant: shared content
               ORDER BY q.domain_id, q.subcategory, q.id LIMIT %(most)s""",
            domains=None if domains is None else list(domains),
            difficulties=None if difficulties is None else list(difficulties),
            most=most,
        )

    def count(self, *, domains: Sequence[str] | None, difficulties: Sequence[int] | None) -> Pending[int]:
        """Queue the count of the module's questions, or of some."""
        return self._unit.value(
            int,
            """SELECT count(*) -- cross-tenant: the module is shared content
               FROM module_questions(%(domains)s::text[], %(difficulties)s::int[])""",
            domains=None if domains is None else list(domains),
            difficulties=None if difficulties is None else list(difficulties),
        )

    def put_into(
        self, pack_id: str, *, domains: Sequence[str] | None, difficulties: Sequence[int] | None
    ) -> Pending[list[str]]:
        """Queue the module's questions behind what an own pack holds, as links, and return the ids it did not hold."""
        return self._unit.value(
            list[str],
            """WITH added AS (
                   INSERT INTO pack_questions (tenant_id, pack_id, question_tenant_id, question_id, position)
                   SELECT %(tenant_id)s, %(pack_id)s, q.tenant_id, q.id,
                          row_number() OVER (ORDER BY q.domain_id, q.subcategory, q.id) + (
                              SELECT coalesce(max(held.position), 0) FROM pack_questions held
                              WHERE held.tenant_id = %(tenant_id)s AND held.pack_id = %(pack_id)s)
                   FROM module_questions(%(domains)s::text[], %(difficulties)s::int[]) q
                   ON CONFLICT (tenant_id, pack_id, question_id) DO NOTHING RETURNING question_id)
               SELECT coalesce(array_agg(question_id), '{}') FROM added""",
            pack_id=pack_id,
            domains=None if domains is None else list(domains),
            difficulties=None if difficulties is None else list(difficulties),
        )
