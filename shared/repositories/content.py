"""Whole documents into the database: checked, then queued in one unit of work. Storing the same again changes nothing.

Shared content goes into the public tenant: `database.unit(TenantEntry(PUBLIC_TENANT))`.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from shared.db import Unit
from shared.domain.curriculum import Curriculum, read_curriculum
from shared.domain.curriculum_check import curriculum_problems
from shared.domain.curriculum_phones import for_phones
from shared.domain.knowledge import domain_problems, pack_problems, question_row
from shared.domain.pictures import picture_problem, plain_picture
from shared.domain.shapes import Problem, refuse
from shared.repositories.assets import AssetRepository
from shared.repositories.curricula import CurriculumRepository
from shared.repositories.domains import QuestionDomainRepository
from shared.repositories.packs import PackRepository
from shared.repositories.questions import QuestionRepository
from shared.repositories.topics import TopicRepository


def store_domains(unit: Unit, domains: Sequence[Mapping[str, Any]]) -> None:
    """Queue the domains questions belong to, in this order.

    Raises: InvalidInput: every problem, by JSON pointer.
    """
    refuse(domain_problems(list(domains)), "domains")
    QuestionDomainRepository(unit).store([dict(domain) for domain in domains])


def store_pack(unit: Unit, pack: Mapping[str, Any]) -> None:
    """Queue a pack with its `questions`; it then holds exactly these.

    Raises: InvalidInput: every problem, by JSON pointer.
    """
    refuse(pack_problems(dict(pack)), "pack")
    rows = [question_row(question) for question in pack["questions"]]
    QuestionRepository(unit).store(rows)
    PackRepository(unit).store(pack, [row["id"] for row in rows])


def store_curriculum(unit: Unit, document: Mapping[str, Any], files: Mapping[str, bytes]) -> Curriculum:
    """Queue a UMCF document, its topics and the files of its visual assets, by file name; return what it says.

    Raises: InvalidInput: every problem, by JSON pointer.
    """
    problems = curriculum_problems(dict(document))
    for name, body in files.items():
        if expected := picture_problem(name, body):
            problems.append(Problem(f"files/{name}", expected))
    refuse(problems, "curriculum")
    curriculum = read_curriculum(for_phones(document))
    CurriculumRepository(unit).store(curriculum, document)
    TopicRepository(unit).replace(curriculum.id, curriculum.topics)
    assets = AssetRepository(unit)
    for name, body in files.items():
        assets.store(curriculum.id, plain_picture(name, body))
    return curriculum
