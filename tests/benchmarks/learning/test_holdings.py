"""The library that the benchmark reads from."""

from benchmarks.learning.holdings import Size, Words, add_tenants, fill
from shared.db import Database, TenantEntry
from shared.repositories.curricula import CurriculumFilter, CurriculumRepository
from shared.repositories.questions import QuestionFilter, QuestionRepository


def test_a_tenant_grows_to_the_size_that_is_wanted(database: Database, database_url: str) -> None:
    (tenant_id, beside) = add_tenants(database_url, 2)
    words = Words()
    fill(database, beside, words, Size(0, 0), Size(3, 1))
    have = Size(0, 0)
    for want in (Size(10, 2), Size(25, 3)):
        fill(database, tenant_id, words, have, want)
        have = want
        with database.unit(TenantEntry(tenant_id)) as unit:
            questions = QuestionRepository(unit).count(QuestionFilter())
            curricula = CurriculumRepository(unit).count(CurriculumFilter())
        assert (questions.result, curricula.result) == (want.questions, want.curricula)


def test_words_are_as_frequent_as_words_are() -> None:
    words = Words()
    text = words.text(20_000).lower().rstrip(".").split()
    assert text.count(words.words[0]) > 5 * text.count(words.words[20]) > 0
