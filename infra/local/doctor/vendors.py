"""The vendors: do they answer, and do they take our keys. Only what costs nothing is asked of them."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

import httpx

from core.settings import ProviderSettings
from infra.local.doctor.findings import Finding, failed, ok, warning

_TIMEOUT_S: Final = 10.0
_NEEDS_NOBODY: Final = frozenset({"offline", "mock"})
# Where each vendor answers who knows a key.
# Sources: https://console.groq.com/docs/api-reference#models-list, https://platform.openai.com/docs/api-reference/models/list,
# https://developers.deepgram.com/reference/management-api/projects/list
PLACES: Final = {
    "groq": "https://api.groq.com/openai/v1/models",
    "openai": "https://api.openai.com/v1/models",
    "deepgram": "https://api.deepgram.com/v1/projects",
}


@dataclass(frozen=True, slots=True)
class Question:
    """One request to one vendor.

    Attributes: stages: what it does for us. setting: what holds the key.
    """

    vendor: str
    stages: tuple[str, ...]
    url: str
    key: str
    setting: str
    scheme: str = "Bearer"


def check(settings: ProviderSettings, places: Mapping[str, str] = PLACES) -> Iterator[Finding]:
    """Ask every vendor the settings name, once for each key.

    Args: places: where the vendors are; others than the real ones for tests.
    """
    asked: dict[tuple[str, str], Question] = {}
    for question in _questions(settings, places):
        same = asked.get((question.url, question.key))
        stages = (*(same.stages if same else ()), *question.stages)
        asked[question.url, question.key] = Question(
            question.vendor, stages, question.url, question.key, question.setting, question.scheme
        )
    if not asked:
        yield ok("providers", "speech and answers are made on this machine")
    for question in asked.values():
        yield _ask(question)


def _questions(settings: ProviderSettings, places: Mapping[str, str]) -> Iterator[Question]:
    stages = (
        ("stt", settings.stt, settings.stt_url, settings.stt_key),
        ("llm", settings.llm, settings.llm_url, settings.llm_key),
        ("tts", settings.tts, settings.tts_url, settings.tts_key),
        ("cheaper tts", settings.cheaper_tts, settings.tts_url, settings.tts_key),
    )
    keys = {"groq": settings.groq_key, "openai": settings.openai_key, "deepgram": settings.deepgram_key}
    for stage, chosen, url, key in stages:
        for vendor in filter(None, (name.strip().lower() for name in chosen.split(","))):
            if vendor in places:
                scheme = "Token" if vendor == "deepgram" else "Bearer"
                setting = f"{vendor.upper()}_API_KEY"
                yield Question(vendor, (stage,), places[vendor], keys[vendor], setting, scheme)
            elif vendor not in _NEEDS_NOBODY:
                setting = f"UNAMENTIS_{stage.split()[-1].upper()}"
                yield Question(vendor, (stage,), f"{url.rstrip('/')}/models", key, f"{setting}_KEY")


def _ask(question: Question) -> Finding:
    check = f"{question.vendor} {'+'.join(question.stages)}"
    host = httpx.URL(question.url).host
    headers = {"Authorization": f"{question.scheme} {question.key}"} if question.key else {}
    try:
        answer = httpx.get(question.url, headers=headers, timeout=_TIMEOUT_S)
    except httpx.HTTPError as error:
        told = f"{host} does not answer ({type(error).__name__})"
        return failed(check, told, "check the address, this machine's way out and the vendor's status page")
    if answer.status_code in {401, 403}:
        return failed(check, f"{host} does not accept the key", f"make a new one and set {question.setting}")
    if answer.status_code == 429 or answer.status_code >= 500:
        return warning(check, f"{host} answers {answer.status_code}", "see docs/ops/a-vendor-fails.md")
    if answer.is_success:
        return ok(check, f"{host} answers and accepts the key")
    told = f"{host} answers, and does not say whether it accepts the key ({answer.status_code})"
    return warning(check, told, "ask it something: ./unamentis ask")
