"""Every operation of the contract's tables is there, refuses those it does not know, and has no other method."""

import re

import pytest

from tests.contract.conftest import is_flagged
from tests.contract.decoding import refused
from tests.contract.operations import LEFT_OUT, OPERATIONS, PUBLIC
from tests.support.api import ApiClient


def called(operation: str) -> tuple[str, str, bool]:
    """Return an operation's method and its path with some id in it, and whether its errors are flagged."""
    method, _, path = operation.partition(" ")
    return method, re.sub(r"\{\w+\}", "x", path), is_flagged(path)


@pytest.mark.parametrize("operation", OPERATIONS)
def test_it_is_there_for_those_it_knows(nobody: ApiClient, operation: str) -> None:
    method, path, flag = called(operation)
    refused(nobody.call(method, path, json={}), 401, "missing_token", flag=flag)
    refused(nobody.using("uma_beta_2026_bad").call(method, path, json={}), 401, "invalid_token", flag=flag)


def test_no_path_takes_another_method(nobody: ApiClient) -> None:
    for path in sorted({called(operation)[1] for operation in OPERATIONS}):
        refused(nobody.call("TRACE", path), 405, "method_not_allowed", flag=is_flagged(path))


@pytest.mark.parametrize("path", PUBLIC)
def test_what_anybody_may_read_is_there_with_and_without_its_body(nobody: ApiClient, path: str) -> None:
    whole = nobody.get(path)
    head = nobody.call("HEAD", path)
    assert (whole.status, head.status, head.raw) == (200, 200, b"")
    assert whole.headers["content-type"] == head.headers["content-type"]


@pytest.mark.parametrize("operation", LEFT_OUT)
def test_what_is_left_out_is_refused(learner: ApiClient, operation: str) -> None:
    method, path, flag = called(operation)
    refused(learner.call(method, path, json={}), 405, "method_not_allowed", flag=flag)
