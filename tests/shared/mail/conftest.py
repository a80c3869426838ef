"""Mail servers on loopback."""

from collections.abc import Iterator

import pytest

from tests.support.mail_server import MailServer, mail_server
from tests.vendors.aws import aws_server
from tests.vendors.ses import Ses


@pytest.fixture
def server() -> Iterator[MailServer]:
    with mail_server() as running:
        yield running


@pytest.fixture(scope="session")
def aws_url() -> Iterator[str]:
    """Amazon's services, with credentials that are nobody's."""
    with pytest.MonkeyPatch.context() as environment, aws_server() as url:
        environment.setenv("AWS_ACCESS_KEY_ID", "testing")
        environment.setenv("AWS_SECRET_ACCESS_KEY", "testing")
        yield url


@pytest.fixture
def ses(aws_url: str) -> Ses:
    """Amazon's mail service, empty, where the sender is verified."""
    return Ses(aws_url)
