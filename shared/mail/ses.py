"""Mail through Amazon SES by its own API: no password of a mail server, the machine's role may send.

Credentials are the machine's own, found by botocore, which only the voice service has: a function never sends mail.
"""

from email.policy import SMTP
from functools import cached_property
from typing import Any, Final

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from botocore.session import get_session

from shared.mail.port import Mail, MailRefused, MailUnavailable

TIMEOUT_S: Final = 20.0
# About this one mail; whatever else SES says, the operator or time can mend.
_FOR_GOOD: Final = frozenset({"MessageRejected", "BadRequestException"})


class SesMailer:
    """Hands each mail in with one call.

    Args:
        region: such as eu-west-1, where the sender's domain is verified.
        endpoint: of a server that stands for SES; None is Amazon's.
    """

    def __init__(self, region: str, sender: str, *, endpoint: str | None = None) -> None:
        self._region = region
        self._sender = sender
        self._endpoint = endpoint

    def send(self, mail: Mail) -> None:
        """Return once SES has taken the mail; it gives it its date and its Message-ID."""
        raw = mail.message(self._sender).as_bytes(policy=SMTP)
        try:
            self._client.send_email(
                FromEmailAddress=self._sender,
                Destination={"ToAddresses": [mail.recipient]},
                Content={"Raw": {"Data": raw}},
            )
        except ClientError as exc:
            if exc.response.get("Error", {}).get("Code") in _FOR_GOOD:
                raise MailRefused("Amazon SES does not take this mail") from exc
            raise MailUnavailable("Amazon SES does not take this mail now") from exc
        except BotoCoreError as exc:
            raise MailUnavailable("Amazon SES does not answer") from exc

    @cached_property
    def _client(self) -> Any:  # noqa: ANN401  botocore makes its clients as it reads the services' descriptions
        config = Config(
            connect_timeout=5, read_timeout=TIMEOUT_S, retries={"mode": "standard", "total_max_attempts": 2}
        )
        return get_session().create_client(
            "sesv2", region_name=self._region, endpoint_url=self._endpoint, config=config
        )
