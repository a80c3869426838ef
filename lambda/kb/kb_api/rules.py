"""What rows look like on the wire, and what a query means; pure."""

import os
import re
from collections.abc import Mapping, Sequence
from typing import Any

from msgspec import UNSET, UnsetType, convert, structs

from kb_api.models import (
    DomainGroupItem,
    DomainItem,
    ListQuestions,
    PackDetail,
    PackFields,
    PackItem,
    QuestionItem,
    Stats,
    SubcategoryCount,
)
from shared.clock import iso
from shared.domain.knowledge import PackStats, camel_domain, canonical_domain
from shared.errors import InvalidInput
from shared.repositories.domains import QuestionDomain
from shared.repositories.packs import Pack, PackContent
from shared.repositories.questions import Question, QuestionFilter

LEVELS = frozenset({"1", "2", "3", "4", "5"})


def pack_item(pack: Pack) -> PackItem:
    """Return a pack as lists show it."""
    return PackItem(**_item(pack, pack.stats))


def pack_fields(pack: PackContent) -> PackFields:
    """Return a pack with everything about itself."""
    stats = pack.stats
    return PackFields(
        **_item(pack, stats),
        domain_distribution=stats.domains,
        difficulty_distribution=stats.difficulties,
        question_types=stats.question_types,
        question_ids=pack.question_ids,
        missing_audio_count=stats.missing_audio_count,
        source_pack_ids=pack.source_pack_ids or UNSET,
    )


def pack_detail(pack: PackContent, domains: Sequence[QuestionDomain]) -> PackDetail:
    """Return a pack with everything about it, its questions grouped by domain."""
    fields = pack_fields(pack)
    names = {domain.id: domain.name for domain in domains}
    return PackDetail(**structs.asdict(fields), pack=fields, domain_groups=_groups(pack.stats, names))


def question_item(question: Question) -> QuestionItem:
    """Return a question with its type's own fields beside the common ones."""
    return convert(
        {
            **question.details,
            "id": question.id,
            "domain_id": question.domain_id,
            "subcategory": question.subcategory,
            "question_text": question.question_text,
            "answer_text": question.answer_text,
            "answer_type": question.answer_type,
            "acceptable_answers": question.acceptable_answers,
            "difficulty": question.difficulty,
            "speed_target_seconds": question.speed_target_seconds,
            "question_type": question.question_type,
            "hints": question.hints,
            "explanation": question.explanation,
            "buzzable": question.buzzable,
            "pack_ids": question.pack_ids,
            "status": question.status,
            "has_audio": question.has_audio,
            "revision": question.revision,
            "created_at": iso(question.created_at),
            "updated_at": iso(question.updated_at),
            **_known(
                domain_name=question.domain_name,
                difficulty_tier=question.difficulty_tier,
                competition_year=question.competition_year,
                question_source=question.question_source,
            ),
        },
        QuestionItem,
    )


def domain_item(domain: QuestionDomain) -> DomainItem:
    """Return a domain as the console lists it."""
    return DomainItem(
        id=domain.id,
        name=domain.name,
        icon_name=domain.icon_name,
        weight=domain.weight,
        subcategories=domain.subcategories,
    )


def question_filter(query: ListQuestions) -> QuestionFilter:
    """Return which questions a query asks for; a domain may be spelt in any client's way.

    Raises: InvalidInput: `difficulty` is not a list of levels.
    """
    return QuestionFilter(
        pack_id=query.pack_id,
        domain_id=canonical_domain(query.domain_id) if query.domain_id else None,
        subcategory=query.subcategory,
        difficulties=_levels(query.difficulty),
        question_type=query.question_type,
        has_audio=query.has_audio,
        status=query.status,
        search=query.search,
    )


def new_question_id(domain_id: str, subcategory: str) -> str:
    """Return an id for a question, as the clients know them: letters of domain and subcategory, and random digits."""
    letters = [re.sub("[^a-z]", "", word.lower())[:length] for word, length in ((domain_id, 3), (subcategory, 4))]
    return "-".join([*(word for word in letters if word), os.urandom(3).hex()])


def _levels(text: str | None) -> list[int] | None:
    if text is None:
        return None
    words = [word.strip() for word in text.split(",")]
    if not LEVELS.issuperset(words):
        expected = "must list levels from 1 to 5 with commas, such as 1,2"
        raise InvalidInput(f"difficulty: {expected}", details={"difficulty": expected})
    return sorted({int(word) for word in words})


def _item(pack: Pack, stats: PackStats) -> dict[str, Any]:
    year: int | UnsetType = UNSET if pack.competition_year is None else pack.competition_year
    return {
        "id": pack.id,
        "name": pack.name,
        "description": pack.description,
        "type": pack.type,
        "pack_type": pack.type,
        "difficulty_tier": pack.difficulty_tier,
        "status": pack.status,
        "question_count": stats.question_count,
        "domain_count": len(stats.groups),
        "audio_coverage_percent": stats.audio_coverage_percent,
        "stats": Stats(
            question_count=stats.question_count,
            domain_count=len(stats.groups),
            domain_distribution={camel_domain(domain): count for domain, count in stats.domains.items()},
            difficulty_distribution=stats.difficulties,
            audio_coverage_percent=stats.audio_coverage_percent,
            missing_audio_count=stats.missing_audio_count,
        ),
        "created_at": iso(pack.created_at),
        "updated_at": iso(pack.updated_at),
        "revision": pack.revision,
        "is_reference_bundle": pack.is_reference,
        "competition_year": year,
    }


def _groups(stats: PackStats, names: Mapping[str, str]) -> list[DomainGroupItem]:
    return [
        DomainGroupItem(
            domain_id=group.domain_id,
            domain_name=names.get(group.domain_id, group.domain_id),
            question_count=group.question_count,
            subcategories=[
                SubcategoryCount(subcategory=name, question_count=count) for name, count in group.subcategories.items()
            ],
        )
        for group in stats.groups
    ]


def _known(**values: object) -> dict[str, object]:
    return {name: value for name, value in values.items() if value is not None}
