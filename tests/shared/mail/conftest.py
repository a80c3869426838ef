"""A mail server on loopback."""

from collections.abc import Iterator

import pytest

from tests.support.mail_server import MailServer, mail_server


@pytest.fixture
def server() -> Iterator[MailServer]:
    with mail_server() as running:
        yield running
