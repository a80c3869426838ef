"""Whole documents into the database, and out of it again through every repository."""

import pytest

from shared.db import Database
from shared.repositories.curricula import CurriculumFilter, CurriculumRepository
from shared.repositories.domains import QuestionDomainRepository
from shared.repositories.packs import PackFilter, PackRepository
from shared.repositories.questions import QuestionFilter, QuestionRepository
from shared.repositories.topics import TopicRepository
from tests.conftest import ALPHA, BETA
from tests.support.content import CURRICULA, load_curricula, load_questions


def load_seed(database: Database) -> None:
    load_questions(database)
    load_curricula(database)


def test_the_seed_content_is_stored_and_read_by_every_tenant(database: Database) -> None:
    load_seed(database)
    for who in (ALPHA, BETA):
        with database.unit(who) as unit:
            domains = QuestionDomainRepository(unit).all()
            packs = PackRepository(unit).page(PackFilter(), limit=10, offset=0)
            questions = QuestionRepository(unit).count(QuestionFilter(pack_id="core-knowledge"))
            in_order = QuestionRepository(unit).of_pack("core-knowledge")
            curricula = CurriculumRepository(unit).page(CurriculumFilter(), limit=10, offset=0)
            topics = TopicRepository(unit).of_curriculum("light-and-colour")
        assert len(domains.result) == 12
        assert sum(domain.weight for domain in domains.result) == pytest.approx(1)
        (pack,) = packs.result
        assert pack.stats.question_count == questions.result == len(in_order.result) >= 120
        assert set(pack.stats.domains) == {domain.id for domain in domains.result}
        assert sum(pack.stats.difficulties.values()) == questions.result
        assert len(curricula.result) == len(CURRICULA)
        assert [topic.order_index for topic in topics.result] == [0, 1, 2, 3, 4]


def test_storing_the_same_again_changes_nothing(database: Database) -> None:
    def everything() -> object:
        with database.unit(ALPHA) as unit:
            packs = PackRepository(unit).page(PackFilter(), limit=10, offset=0)
            questions = QuestionRepository(unit).page(QuestionFilter(), limit=1000, offset=0)
            curricula = CurriculumRepository(unit).page(CurriculumFilter(), limit=10, offset=0)
        return packs.result, questions.result, curricula.result

    load_seed(database)
    before = everything()
    load_seed(database)
    assert everything() == before


def test_every_topic_of_the_seed_is_a_lesson(database: Database) -> None:
    load_seed(database)
    with database.unit(ALPHA) as unit:
        curricula = CurriculumRepository(unit).page(CurriculumFilter(), limit=10, offset=0)
    with database.unit(ALPHA) as unit:
        topics = {c.id: TopicRepository(unit).of_curriculum(c.id) for c in curricula.result}
    for curriculum in curricula.result:
        assert len(topics[curriculum.id].result) >= 4
        with database.unit(ALPHA) as unit:
            lessons = [CurriculumRepository(unit).lesson(curriculum.id, t.id) for t in topics[curriculum.id].result]
        for lesson in lessons:
            assert lesson.result.passages
            assert lesson.result.objectives
            assert lesson.result.glossary
            assert lesson.result.misconceptions
            assert lesson.result.checkpoints
