"""What a tenant has already of the questions a file brings."""

from collections.abc import Sequence
from typing import Any

import msgspec

from shared.db import Pending, Unit


class Present(msgspec.Struct, frozen=True):
    """A question there is already.

    Attributes:
        is_own: the tenant's own, not a shared one.
        content: its columns, as `knowledge.question_row` names them.
    """

    id: str
    is_own: bool
    content: dict[str, Any]


def present_questions(unit: Unit, question_ids: Sequence[str]) -> Pending[list[Present]]:
    """Queue the read of those of some questions that the unit's tenant sees."""
    return unit.all(
        Present,
        """SELECT q.id, q.tenant_id = %(tenant_id)s AS is_own,
                  to_jsonb(q) - '{tenant_id,search,text_key,revision,has_audio,created_at,updated_at}'::text[]
                      AS content
           FROM meant_questions(%(question_ids)s::text[]) meant
           JOIN questions q ON q.tenant_id = meant.tenant_id AND q.id = meant.id""",
        question_ids=list(question_ids),
    )
