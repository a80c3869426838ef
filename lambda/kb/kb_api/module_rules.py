"""What modules look like on the wire, for each of the clients that read them; pure."""

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final, Literal

from msgspec import UNSET, structs

from kb_api.module_models import (
    DownloadedDomain,
    DownloadedQuestion,
    DownloadSettings,
    ModuleAnswerText,
    ModuleContent,
    ModuleDetail,
    ModuleDomain,
    ModuleItem,
)
from shared.domain.knowledge import DIFFICULTY_NAMES, camel_domain, without_power_mark
from shared.domain.modules import Module
from shared.repositories.domains import QuestionDomain
from shared.repositories.modules import ModuleQuestion, ModuleSettings, ModuleSize

# How a client reads a question's difficulty.
Difficulty = Literal["level", "word", "none"]

# Swift counts seconds from here.
_SWIFT_EPOCH: Final = datetime(2001, 1, 1, tzinfo=UTC)
# What a question costs in a download beside its texts, which are there twice, about.
_BYTES_PER_QUESTION: Final = 420
_QUESTIONS_PER_HOUR: Final = 60
# Without any of these an answer is no answer line.
_NOTATION: Final = re.compile(r"[\[(<;_*]|^\s*answers?\s*:", re.IGNORECASE)


def difficulty_for(user_agent: str, *, told: bool) -> Difficulty:
    """Return how the caller reads a question's difficulty.

    Android's question service wants a word and sends no body; its module service says what it wants and reads a level,
    but through the same decoder settings, so it gets none; iOS reads a level.
    """
    if not user_agent.lower().startswith("okhttp/"):
        return "level"
    return "none" if told else "word"


def module_item(module: Module, decided: ModuleSettings | None, sizes: Sequence[ModuleSize]) -> ModuleItem:
    """Return a module as lists show it."""
    return ModuleItem(**_item(module, decided, sizes))


def module_detail(
    module: Module, decided: ModuleSettings | None, sizes: Sequence[ModuleSize], domains: Sequence[QuestionDomain]
) -> ModuleDetail:
    """Return a module by itself."""
    total = sum(size.questions for size in sizes)
    counts = {size.domain_id: size.questions for size in sizes}
    return ModuleDetail(
        **_item(module, decided, sizes),
        long_description=module.long_description,
        base_supports_team_mode=module.features["team_mode"],
        base_supports_speed_training=module.features["speed_training"],
        base_supports_competition_sim=module.features["competition_sim"],
        feature_overrides=decided.feature_overrides if decided else {},
        domains=[_domain(domain, counts.get(domain.id, 0)) for domain in domains],
        study_modes=[],
        total_questions=total,
        estimated_study_hours=round(total / _QUESTIONS_PER_HOUR, 1),
    )


def module_content(
    module: Module,
    decided: ModuleSettings | None,
    questions: Sequence[ModuleQuestion],
    domains: Sequence[QuestionDomain],
    *,
    difficulty: Difficulty,
    now: datetime,
) -> ModuleContent:
    """Return a whole module as one kind of client decodes it."""
    held: dict[str, list[ModuleQuestion]] = {}
    for question in questions:
        held.setdefault(question.domain_id, []).append(question)
    sizes = [ModuleSize(domain, len(found), sum(map(_text_bytes, found))) for domain, found in held.items()]
    return ModuleContent(
        **_item(module, decided, sizes),
        downloaded_at=int((now - _SWIFT_EPOCH).total_seconds()),
        total_questions=len(questions),
        domains=[
            DownloadedDomain(
                **structs.asdict(_domain(domain, len(held[domain.id]))),
                questions=[_downloaded(question, difficulty) for question in held[domain.id]],
                subcategories=domain.subcategories,
            )
            for domain in domains
            if domain.id in held
        ],
        study_modes=[],
        settings=DownloadSettings(),
    )


def _item(module: Module, decided: ModuleSettings | None, sizes: Sequence[ModuleSize]) -> dict[str, Any]:
    effective: Mapping[str, bool] = module.effective(decided.feature_overrides if decided else {})
    size = sum(2 * size.text_bytes + _BYTES_PER_QUESTION * size.questions for size in sizes)
    return {
        "id": module.id,
        "name": module.name,
        "description": module.description,
        "icon_name": module.icon_name,
        "theme_color_hex": module.theme_color_hex,
        "version": module.version,
        "supports_team_mode": effective["team_mode"],
        "supports_speed_training": effective["speed_training"],
        "supports_competition_sim": effective["competition_sim"],
        "enabled": decided.enabled if decided else True,
        "download_size": size,
        "download_size_bytes": size,
    }


def _domain(domain: QuestionDomain, count: int) -> ModuleDomain:
    return ModuleDomain(
        id=camel_domain(domain.id),
        name=domain.name,
        weight=domain.weight,
        icon_name=domain.icon_name,
        question_count=count,
    )


def _downloaded(question: ModuleQuestion, difficulty: Difficulty) -> DownloadedQuestion:
    """Return a question as phones read it: they know nothing of the notation of quiz packets."""
    shown: Mapping[Difficulty, Any] = {
        "level": question.difficulty,
        "word": DIFFICULTY_NAMES[question.difficulty],
        "none": UNSET,
    }
    text = without_power_mark(question.question_text)
    primary, acceptable = _answers(question)
    return DownloadedQuestion(
        id=question.id,
        text=text,
        question_text=text,
        answer=ModuleAnswerText(primary=primary, acceptable=acceptable, answerType=question.answer_type),
        answer_text=primary,
        acceptable_answers=acceptable,
        domain=camel_domain(question.domain_id),
        domain_id=question.domain_id,
        subcategory=question.subcategory,
        question_type=question.question_type.replace("_", "-"),
        speed_target_seconds=question.speed_target_seconds,
        hints=question.hints,
        explanation=question.explanation,
        difficulty=shown[difficulty],
    )


def _answers(question: ModuleQuestion) -> tuple[str, list[str]]:
    """Return the answer and the others that count, out of an answer line where it is one."""
    if _NOTATION.search(question.answer_text) is None:
        return question.answer_text, question.acceptable_answers
    # Only here: what stands beside it takes longer to load than the rest of the service.
    from shared.domain.answers.answer_lines import read_answer_line

    main, *others = [wording.text for wording in read_answer_line(question.answer_text).accepted] or [
        question.answer_text
    ]
    return main, [*others, *question.acceptable_answers]


def _text_bytes(question: ModuleQuestion) -> int:
    return len(f"{question.question_text}{question.answer_text}{question.explanation}".encode())
