"""The models of the processes that run, which nobody turns from here."""

import pytest
from msgspec import Struct

from shared.db import Database
from tests.contract.decoding import decode, refused
from tests.support.api import ApiClient
from tests.support.process_samples import tell

ANDROID = {"X-Client-Platform": "Android"}


class Model(Struct):
    id: str
    name: str
    type: str
    server_id: str
    server_name: str
    status: str


def test_models_are_listed_once_however_many_processes_use_them(learner: ApiClient, database: Database) -> None:
    tell(database)
    tell(database)
    answer = learner.get("/api/models")
    assert (answer.body["total"], answer.body["by_type"]) == (4, {"llm": 2, "stt": 1, "tts": 1})
    models = decode(learner.get("/api/models", headers=ANDROID), list[Model])
    assert {model.id for model in models} >= {"openai:gpt-5-mini", "deepgram:aura-2"}
    services = learner.get("/api/models/config").body["config"]["services"]
    assert services == {
        "llm": {"default_model": "openai:gpt-5-mini", "fallback_model": "offline:tutor"},
        "tts": {"default_provider": "deepgram:aura-2"},
        "stt": {"default_model": "groq:whisper-large-v3-turbo"},
    }


def test_a_models_parameters_are_none_that_a_client_sets(learner: ApiClient, database: Database) -> None:
    tell(database)
    answer = learner.get("/api/models/groq:whisper-large-v3-turbo/parameters").body
    assert answer == {"status": "ok", "model": "groq:whisper-large-v3-turbo", "parameters": {}}
    refused(learner.get("/api/models/groq:another/parameters"), 404, "not_found")
    assert set(learner.get("/api/models/capabilities").body["capabilities"].values()) == {False}


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "pull"),
        ("POST", "hub:family/model:7b/load"),
        ("POST", "hub:family/model:7b/unload"),
        ("POST", "hub:family/model:7b/parameters"),
        ("DELETE", "hub:family/model:7b"),
    ],
)
def test_who_runs_a_models_server_decides_about_it(teacher: ApiClient, method: str, path: str) -> None:
    refused(teacher.call(method, f"/api/models/{path}"), 409, "not_controllable")
