"""Which questions are spoken, kept with them for lists, filters and the counts of packs."""

from collections.abc import Sequence
from datetime import datetime

import msgspec

from shared.db import Pending, Unit


class SpokenQuestion(msgspec.Struct, frozen=True):
    """A question that is noted as spoken, and its text."""

    id: str
    question_text: str


class QuestionAudioRepository:
    """Notes about the questions a unit's tenant reads."""

    def __init__(self, unit: Unit) -> None:
        self._unit = unit

    def note(self, questions: Sequence[tuple[str, str]], *, read_at: datetime, is_there: bool = True) -> None:
        """Queue that questions are spoken, or not.

        Args:
            questions: owner and id of each; those of tenants the unit's cannot read are left.
            read_at: when their words were read; those that were changed since are left.
        """
        if questions:
            self._unit.run(
                """SELECT note_question_audio(%(owners)s::uuid[], %(ids)s::text[], %(read_at)s, %(is_there)s)
                   -- cross-tenant: a shared question is spoken once for everybody""",
                owners=[owner for owner, _ in questions],
                ids=[question_id for _, question_id in questions],
                read_at=read_at,
                is_there=is_there,
            )

    def own(self) -> Pending[list[SpokenQuestion]]:
        """Queue the read of the tenant's own questions that are noted as spoken."""
        return self._unit.all(
            SpokenQuestion,
            "SELECT id, question_text FROM questions WHERE tenant_id = %(tenant_id)s AND has_audio ORDER BY id",
        )
