"""Deployments of section 8 of the contract: a curriculum is spoken ahead of a day."""

from typing import Any

import pytest
from msgspec import UNSET, Struct, UnsetType

from shared.ids import new_id
from tests.contract.decoding import Int, Moment, Number, Text, decode, refused
from tests.support.api import ApiClient
from tests.support.lessons import LIGHT

PATH = "/api/deployments"


class Deployment(Struct):
    id: Text
    name: Text
    curriculum_id: Text
    voice_config: dict[str, Any]
    status: Text
    total_segments: Int
    completed_segments: Int
    cached_segments: Int
    generated_segments: Int
    failed_segments: Int
    percent_complete: Number
    is_ready: bool
    created_at: Moment
    target_date: str | UnsetType = UNSET


class One(Struct):
    deployment: Deployment


class Scheduled(One):
    status: Text


class Deployments(Struct):
    deployments: list[Deployment]


class Cache(Struct):
    deployment_id: Text
    total_segments: Int
    cached_segments: Int
    missing_segments: Int
    size_bytes: Int
    duration_seconds: Number


class Done(Struct):
    status: Text


def scheduled(author: ApiClient, **fields: object) -> Deployment:
    body: dict[str, object] = {"name": "Monday", "curriculum_id": LIGHT, "target_date": "2100-01-02", **fields}
    made = decode(author.post(PATH, body), Scheduled)
    assert made.status == "scheduled"
    return made.deployment


def test_it_is_ordered_and_looked_at(teacher: ApiClient, learner: ApiClient) -> None:
    made = scheduled(teacher, voice_config={"voice_id": "nova"})
    assert (made.curriculum_id, made.name, made.status, made.target_date) == (
        LIGHT, "Monday", "scheduled", "2100-01-02",
    )  # fmt: skip
    path = f"{PATH}/{made.id}"
    found = decode(learner.get(path), One).deployment
    assert (found.total_segments, found.is_ready) == (3, False)
    assert made.id in {each.id for each in decode(learner.get(PATH), Deployments).deployments}
    cache = decode(learner.get(f"{path}/cache"), Cache)
    assert (cache.deployment_id, cache.total_segments) == (made.id, 3)
    assert cache.cached_segments + cache.missing_segments == 3


def test_it_is_begun_halted_and_cancelled(teacher: ApiClient) -> None:
    path = f"{PATH}/{scheduled(teacher).id}"
    for verb, status in (("pause", "paused"), ("resume", "resumed"), ("start", "started")):
        assert decode(teacher.post(f"{path}/{verb}"), Done).status == status
    refused(teacher.post(f"{path}/retry-failed"), 409, "job_running", flag=True)
    assert decode(teacher.delete(path), Done).status == "cancelled"
    assert decode(teacher.get(path), One).deployment.status == "cancelled"
    refused(teacher.post(f"{path}/start"), 409, "cancelled", flag=True)


def test_what_deployments_refuse(teacher: ApiClient, learner: ApiClient) -> None:
    for body, field in (
        ({}, "curriculum_id"),
        ({"curriculum_id": LIGHT, "target_date": "tomorrow"}, "target_date"),
        ({"curriculum_id": LIGHT, "voice_config": {"speed": 9}}, "voice_config.speed"),
    ):
        refused(teacher.post(PATH, body), 400, "invalid_input", field=field, flag=True)
    refused(teacher.post(PATH, {"curriculum_id": "none"}), 404, "not_found", flag=True)
    refused(learner.post(PATH, {"curriculum_id": LIGHT}), 403, "forbidden", flag=True)


@pytest.mark.parametrize(
    ("method", "suffix"),
    [("GET", ""), ("GET", "/cache"), ("POST", "/start"), ("POST", "/pause"), ("POST", "/resume"), ("DELETE", "")],
)
def test_a_strangers_deployment_does_not_exist(
    teacher: ApiClient, stranger: ApiClient, method: str, suffix: str, request: pytest.FixtureRequest
) -> None:
    made = scheduled(teacher)
    refused(stranger.call(method, f"{PATH}/{new_id()}{suffix}"), 404, "not_found", flag=True)
    if "another tenant" in request.node.name:
        refused(stranger.call(method, f"{PATH}/{made.id}{suffix}"), 404, "not_found", flag=True)
