"""Amazon's mail service on loopback, as its owner sees it."""

from dataclasses import dataclass
from email import message_from_string
from email.message import EmailMessage
from email.policy import default
from typing import Any, Final

import boto3
from moto.ses.models import ses_backends

REGION: Final = "eu-west-1"
_ACCOUNT: Final = "123456789012"  # whose everything is on moto's server


@dataclass(frozen=True, slots=True)
class Ses:
    """One region of the service, empty at first.

    Attributes:
        url: of the server.
    """

    url: str

    def __post_init__(self) -> None:
        ses_backends[_ACCOUNT][REGION].reset()
        self.verify("tutor@school.example")

    def verify(self, address: str) -> None:
        """Let an address send."""
        library: Any = boto3
        client = library.client("sesv2", endpoint_url=self.url, region_name=REGION)
        client.create_email_identity(EmailIdentity=address)

    def received(self) -> list[EmailMessage]:
        """Return every mail it has taken, the oldest first."""
        return [
            message_from_string(each.raw_data, policy=default) for each in ses_backends[_ACCOUNT][REGION].sent_messages
        ]
