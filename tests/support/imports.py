"""Imports without a server: what they work with, around a database and a library on loopback."""

from collections.abc import AsyncIterator, Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache

from core.fetching.fetcher import Fetcher
from core.imports.desk import ImportDesk
from core.imports.enriching import HireModel
from core.imports.importing import Workshop
from core.imports.registry import BUILT_IN, Plugins
from core.imports.service import import_routes
from core.providers.llm.port import LanguageModel, ModelUsage, Prompt, Token
from shared.api import Routes
from shared.auth.caller import Caller
from shared.db import Database
from shared.storage.objects import open_objects
from shared.storage.port import ObjectStore
from tests.fakes.names import FakeNames

MODEL = ("fake", "writer-1")


@dataclass
class WritingModel:
    """A language model that answers as a test tells it; see LanguageModel.

    Attributes:
        asked: every prompt.
    """

    answer: Callable[[Prompt], str]
    asked: list[Prompt] = field(default_factory=list[Prompt])
    name: str = MODEL[0]
    model: str = MODEL[1]

    async def reply(self, prompt: Prompt) -> AsyncIterator[Token | ModelUsage]:
        self.asked.append(prompt)
        text = self.answer(prompt)
        for start in range(0, len(text), 50):
            yield Token(text[start : start + 50])
        yield ModelUsage(input_tokens=10, output_tokens=max(1, len(text) // 4))

    async def close(self) -> None:
        pass


def lending(llm: LanguageModel) -> HireModel:
    """Return who lends a model that nobody pays."""

    @contextmanager
    def hire(caller: Caller, spent: Callable[[int], None]) -> Generator[LanguageModel]:
        del caller, spent
        yield llm

    return hire


def workshop(
    database: Database,
    *,
    objects: ObjectStore | None = None,
    fetcher: Fetcher | None = None,
    llm: LanguageModel | None = None,
    hire: HireModel | None = None,
) -> Workshop:
    """Return what imports work with; nothing leads to the Internet."""
    store = objects or open_objects("memory://")
    plugins = Plugins(BUILT_IN, store, fetcher or Fetcher(FakeNames({})))
    lends = hire or lending(llm or WritingModel(lambda _prompt: "I do not know."))
    return Workshop(database=database, objects=store, pictures=None, plugins=plugins, hire=lends)


@cache
def imports_store() -> ObjectStore:
    """Return where the routes below keep what is brought."""
    return open_objects("memory://")


@cache
def imports_routes() -> Routes:
    """Return core's routes, made once for the test process: what they keep is kept by tenant."""
    store = imports_store()
    return import_routes(ImportDesk(Plugins(BUILT_IN, store, Fetcher(FakeNames({}))), store, model=MODEL))
