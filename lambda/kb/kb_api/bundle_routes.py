"""Bundles over HTTP: packs made of packs."""

from msgspec import convert

from kb_api.edit_models import (
    BundleAnswer,
    CreateBundle,
    DuplicateGroupItem,
    DuplicateItem,
    Duplicates,
    Occurrence,
    PreviewDuplicates,
    given,
)
from kb_api.pack_routes import is_trusted, new_pack_id
from kb_api.rules import pack_fields
from shared.api import Access, Request, Routes
from shared.api.revisions import tag
from shared.repositories.authors import require_author
from shared.repositories.bundles import BundleRepository
from shared.repositories.packs import PackRepository

routes = Routes("kb")


@routes.post("/api/kb/packs/bundle", access=Access.CLIENT)
def create_bundle(request: Request, body: CreateBundle) -> BundleAnswer:
    """Make a bundle of packs the caller may read: a copy, or a reference that follows what they hold from then on."""
    pack_id = new_pack_id()
    strategy = body.deduplication_strategy or "keep_first"
    excluded = body.excluded_question_ids or []
    by_reference = bool(body.is_reference_bundle)
    sources = body.source_pack_ids
    with request.unit() as unit:
        require_author(unit, trusted=is_trusted(request))
        bundles = BundleRepository(unit)
        bundles.require_sources(sources)
        bundles.add(pack_id, {**given(body), "strategy": strategy, "excluded": excluded}, is_reference=by_reference)
        bundles.set_sources(pack_id, sources)
        if not by_reference:
            bundles.copy_questions(pack_id, sources, strategy=strategy, excluded=excluded)
        skipped = bundles.duplicates(sources, strategy=strategy, excluded=excluded)
        pack = PackRepository(unit).get(pack_id)
    tag(request, pack.result.revision)
    return BundleAnswer(
        pack=pack_fields(pack.result),
        duplicates_skipped=skipped.result[0].skipped if skipped.result else 0,
        duplicates=[DuplicateItem(question_id=d.question_id, duplicate_of=d.duplicate_of) for d in skipped.result],
    )


@routes.post("/api/kb/packs/preview-dedup", access=Access.CLIENT, replayable=False)
def preview_duplicates(request: Request, body: PreviewDuplicates) -> Duplicates:
    """Tell which questions several packs ask, before a bundle is made of them."""
    with request.unit() as unit:
        bundles = BundleRepository(unit)
        bundles.require_sources(body.source_pack_ids)
        groups = bundles.groups(body.source_pack_ids)
        overlap = bundles.overlap(body.source_pack_ids)
    return Duplicates(
        duplicate_groups=[
            DuplicateGroupItem(
                question_text=group.question_text, occurrences=convert(group.occurrences, list[Occurrence])
            )
            for group in groups.result
        ],
        total_duplicates=overlap.result.total - overlap.result.unique_questions,
        unique_questions_after_dedup=overlap.result.unique_questions,
    )
