"""Processes that have told of themselves."""

from typing import Any, Final

from shared.clock import utc_now
from shared.db import Database, TenantEntry
from shared.ids import new_id
from shared.repositories.processes import ProcessRepository, Sample

MODELS: Final = [
    {"type": "stt", "server": "groq", "name": "whisper-large-v3-turbo", "status": "available"},
    {"type": "llm", "server": "openai", "name": "gpt-5-mini", "status": "available"},
    {"type": "llm", "server": "offline", "name": "tutor", "status": "available"},
    {"type": "tts", "server": "deepgram", "name": "aura-2", "status": "available"},
]


def tell(database: Database, **changes: Any) -> str:
    """Have a process say something of itself, and return its id."""
    facts: dict[str, Any] = {
        "id": new_id(),
        "service": "core",
        "started_at": utc_now(),
        "cpu_percent": 12.5,
        "memory_bytes": 100 << 20,
        "host_cpu_percent": 40.0,
        "host_memory_percent": 55.0,
        "disk_percent": 70.0,
        "requests": 30,
        "inferences": 4,
        "requests_per_minute": 60,
        "models": MODELS,
        **changes,
    }
    with database.unit(TenantEntry(None)) as unit:
        ProcessRepository(unit).note(Sample(**facts))
    return facts["id"]
