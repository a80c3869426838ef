"""The texts of orders of prepared speech: what is to be said, and what became of each."""

from collections.abc import Sequence
from typing import Final, Literal

import msgspec

from shared.db import Pending, Unit
from shared.ids import new_id

ItemStatus = Literal["pending", "completed", "failed"]

_ITEMS: Final = """SELECT id, order_id, position, owner_id::text, text, source_ref, label, voice, speed, language,
    status, cached, attempts, error, cost_micros, duration_ms, rating, rating_notes
    FROM speech_items WHERE tenant_id = %(tenant_id)s"""


class NewItem(msgspec.Struct, frozen=True):
    """A text to be spoken.

    Attributes:
        owner_id: the tenant whose text it is and with whom the clip is kept.
        source_ref: where it is from. label: which of several voices that are compared.
    """

    owner_id: str
    text: str
    source_ref: str
    voice: str
    speed: float
    language: str
    label: str = ""


class Item(msgspec.Struct, frozen=True):
    """A text of an order; `error` is the code of the last failure, `cached` says that it was there already."""

    id: str
    order_id: str
    position: int
    owner_id: str
    text: str
    source_ref: str
    label: str
    voice: str
    speed: float
    language: str
    status: ItemStatus
    cached: bool
    attempts: int
    error: str
    cost_micros: int
    duration_ms: int
    rating: int | None
    rating_notes: str


class Outcome(msgspec.Struct, frozen=True):
    """What an attempt came to; `tried`: 1 where a vendor was asked in vain, else 0. Costs are added to earlier ones."""

    position: int
    status: ItemStatus
    cached: bool = False
    tried: int = 0
    error: str = ""
    cost_micros: int = 0
    duration_ms: int = 0


class SpeechItemRepository:
    """The items of the unit's tenant."""

    def __init__(self, unit: Unit) -> None:
        self._unit = unit

    def replace(self, order_id: str, items: Sequence[NewItem]) -> None:
        """Queue that an order has these items, in this order; what stays as it was keeps its state."""
        self._unit.run(
            """DELETE FROM speech_items
               WHERE tenant_id = %(tenant_id)s AND order_id = %(order_id)s AND position >= %(count)s""",
            order_id=order_id,
            count=len(items),
        )
        self._unit.run(
            """INSERT INTO speech_items AS i (tenant_id, order_id, position, id, owner_id, text, source_ref, label,
                                              voice, speed, language)
               SELECT %(tenant_id)s, %(order_id)s, n.position - 1, n.id, n.owner_id, n.text, n.source_ref, n.label,
                      n.voice, n.speed, n.language
               FROM unnest(%(ids)s::uuid[], %(owners)s::uuid[], %(texts)s::text[], %(refs)s::text[], %(labels)s::text[],
                           %(voices)s::text[], %(speeds)s::float8[], %(languages)s::text[]) WITH ORDINALITY
                    AS n (id, owner_id, text, source_ref, label, voice, speed, language, position)
               ON CONFLICT (tenant_id, order_id, position) DO UPDATE SET
                   owner_id = excluded.owner_id, text = excluded.text, source_ref = excluded.source_ref,
                   label = excluded.label, voice = excluded.voice, speed = excluded.speed,
                   language = excluded.language, status = 'pending', cached = false, attempts = 0, error = '',
                   duration_ms = 0, updated_at = now()
               WHERE (i.owner_id, i.text, i.voice, i.speed, i.language)
                   IS DISTINCT FROM (excluded.owner_id, excluded.text, excluded.voice, excluded.speed,
                                     excluded.language)""",
            order_id=order_id,
            ids=[new_id() for _ in items],
            owners=[item.owner_id for item in items],
            texts=[item.text for item in items],
            refs=[item.source_ref for item in items],
            labels=[item.label for item in items],
            voices=[item.voice for item in items],
            speeds=[item.speed for item in items],
            languages=[item.language for item in items],
        )

    def find(
        self, order_id: str, *, status: ItemStatus | None = None, limit: int, offset: int = 0
    ) -> Pending[list[Item]]:
        """Queue the read of a page of an order's items, in their order."""
        return self._unit.all(
            Item,
            _ITEMS
            + """ AND order_id = %(order_id)s AND (%(status)s::text IS NULL OR status = %(status)s)
               ORDER BY position LIMIT %(limit)s OFFSET %(offset)s""",
            order_id=order_id,
            status=status,
            limit=limit,
            offset=offset,
        )

    def count(self, order_id: str, *, status: ItemStatus | None) -> Pending[int]:
        """Queue the count of what `find` pages through."""
        return self._unit.value(
            int,
            """SELECT count(*) FROM speech_items
               WHERE tenant_id = %(tenant_id)s AND order_id = %(order_id)s
                 AND (%(status)s::text IS NULL OR status = %(status)s)""",
            order_id=order_id,
            status=status,
        )

    def get(self, item_id: str) -> Pending[Item]:
        """Queue the read of one; NotFound at the unit's end."""
        return self._unit.one(
            Item, _ITEMS + " AND id = %(item_id)s", missing=f"item {item_id} not found", item_id=item_id
        )

    def record(self, order_id: str, outcomes: Sequence[Outcome]) -> None:
        """Queue what attempts came to."""
        self._unit.run(
            """UPDATE speech_items i
               SET status = o.status, cached = o.cached, attempts = i.attempts + o.tried, error = o.error,
                   cost_micros = i.cost_micros + o.cost_micros, duration_ms = o.duration_ms, updated_at = now()
               FROM unnest(%(positions)s::int[], %(statuses)s::text[], %(cached)s::boolean[], %(tried)s::int[],
                           %(errors)s::text[], %(costs)s::bigint[], %(durations)s::int[])
                    AS o (position, status, cached, tried, error, cost_micros, duration_ms)
               WHERE i.tenant_id = %(tenant_id)s AND i.order_id = %(order_id)s AND i.position = o.position""",
            order_id=order_id,
            positions=[outcome.position for outcome in outcomes],
            statuses=[outcome.status for outcome in outcomes],
            cached=[outcome.cached for outcome in outcomes],
            tried=[outcome.tried for outcome in outcomes],
            errors=[outcome.error for outcome in outcomes],
            costs=[outcome.cost_micros for outcome in outcomes],
            durations=[outcome.duration_ms for outcome in outcomes],
        )

    def reset_failed(self, order_id: str) -> Pending[int]:
        """Queue that what failed is to be tried anew, and answer how many these are."""
        return self._unit.run(
            """UPDATE speech_items SET status = 'pending', attempts = 0, updated_at = now()
               WHERE tenant_id = %(tenant_id)s AND order_id = %(order_id)s AND status = 'failed'""",
            order_id=order_id,
        )

    def rate(self, item_id: str, rating: int, notes: str) -> None:
        """Queue what a listener thinks of an item."""
        self._unit.run(
            """UPDATE speech_items SET rating = %(rating)s, rating_notes = %(notes)s, updated_at = now()
               WHERE tenant_id = %(tenant_id)s AND id = %(item_id)s""",
            item_id=item_id,
            rating=rating,
            notes=notes,
        )

    def claim(self, clips: Sequence[str], job_id: str, *, lasts_s: int) -> Pending[list[str]]:
        """Queue that a job makes clips, by their keys in the object store, and answer those it may make now.

        Args: lasts_s: after this, unless released, others may make them.
        """
        return self._unit.value(
            list[str],
            """SELECT claim_clips(%(clips)s::text[], %(job_id)s::uuid, make_interval(secs => %(lasts_s)s))
               -- cross-tenant: a clip of a text that several tenants read is made once""",
            clips=list(clips),
            job_id=job_id,
            lasts_s=lasts_s,
        )

    def release(self, clips: Sequence[str], job_id: str) -> None:
        """Queue that a job no longer makes clips."""
        self._unit.run(
            """SELECT release_clips(%(clips)s::text[], %(job_id)s::uuid)
               -- cross-tenant: as they were claimed""",
            clips=list(clips),
            job_id=job_id,
        )
