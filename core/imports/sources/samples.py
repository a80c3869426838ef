"""The curricula that come with UnaMentis: to be imported as a copy of one's own, which can be changed."""

import asyncio
import hashlib
import json
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, Final, cast

from core.imports.licences import licence_of
from core.imports.sources.port import Browse, Course, Material, NoSettings, Plugin, Shelf, Shop, no_course
from core.imports.sources.shelving import looked_into, matching, shelved
from shared.domain.json_values import record_of, text_of, texts_of

FOLDER: Final = Path(__file__).resolve().parents[3] / "content" / "curricula"
_ENDING: Final = ".umcf.json"


class SampleSource:
    """See Source."""

    def __init__(self, folder: Path = FOLDER) -> None:
        self._folder = folder

    async def browse(self, asked: Browse) -> Shelf:
        """Return a page; see Source."""
        return shelved(await self._courses(), asked)

    async def search(self, words: str, limit: int) -> Sequence[Course]:
        """Return what has the words; see Source."""
        return matching(await self._courses(), words)[:limit]

    async def glance(self, course_id: str) -> Course:
        """Return a sample; see Source."""
        for course in await self._courses():
            if course.id == course_id:
                return course
        raise no_course(course_id)

    async def detail(self, course_id: str) -> Course:
        """Return a sample with its topics; see Source."""
        return looked_into(await self.glance(course_id), await self.fetch(course_id))

    async def fetch(self, course_id: str) -> Material:
        """Return a sample's document, without pictures: those belong to the shared one; see Source."""
        await self.glance(course_id)
        body = await asyncio.to_thread((self._folder / f"{course_id}{_ENDING}").read_bytes)
        own = json.dumps(_without_files(json.loads(body))).encode()
        return Material(course_id, own, hashlib.sha256(own).hexdigest())

    async def test(self) -> str:
        """Count the samples; see Source."""
        return f"{len(await self._courses())} samples"

    async def _courses(self) -> Sequence[Course]:
        return await asyncio.to_thread(_read, self._folder)


@lru_cache(maxsize=8)
def _read(folder: Path) -> Sequence[Course]:
    """Read what the samples say of themselves, once: they come with the program."""
    return [
        _course(path.name.removesuffix(_ENDING), json.loads(path.read_bytes()))
        for path in sorted(folder.glob(f"*{_ENDING}"))
    ]


def _course(name: str, document: dict[str, Any]) -> Course:
    rights = record_of(document.get("rights"))
    metadata = record_of(document.get("metadata"))
    return Course(
        id=name,
        source_id=PLUGIN.id,
        title=text_of(document.get("title")),
        description=text_of(document.get("description")),
        author=text_of(rights.get("holder")),
        subject=next(iter(texts_of(metadata.get("subject"))), ""),
        level=text_of(record_of(document.get("educational")).get("difficulty")),
        keywords=texts_of(metadata.get("keywords")),
        licence=licence_of(text_of(record_of(rights.get("license")).get("type"))),
    )


def _without_files(value: Any) -> Any:  # noqa: ANN401  any JSON
    """Return a document whose nodes show no files."""
    if isinstance(value, dict):
        members = cast("dict[str, Any]", value)
        return {key: _without_files(member) for key, member in members.items() if key != "media"}
    if isinstance(value, list):
        return [_without_files(member) for member in cast("list[Any]", value)]
    return value


def _open(_shop: Shop) -> SampleSource:
    return SampleSource()


PLUGIN: Final = Plugin(
    id="samples",
    name="Samples",
    description="The curricula that come with UnaMentis, as a copy of your own.",
    settings=NoSettings,
    open=_open,
    content_types=("umcf",),
    features=("transcripts", "objectives", "assessments"),
    licence="CC-BY-4.0",
)
