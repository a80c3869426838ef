"""Tickets that open one WebSocket once: `uma_ticket_<random>`. Only a keyed hash is ever stored.

A browser can put a credential for a socket nowhere but into its address, and addresses end up in logs. A ticket is
worth nothing there: it has been used, or a minute has passed. The random part is base64url of 16 bytes of tenant id and
24 secret bytes, so that its tenant is known before it is looked for.
"""

import hashlib
import hmac
import re
import secrets
import uuid
from typing import Final

from shared import base64url
from shared.auth.keys import derive
from shared.errors import Unauthenticated

PREFIX: Final = "uma_ticket_"
LIFETIME_S: Final = 60
_SECRET_BYTES: Final = 24
_FORM: Final = re.compile(PREFIX + r"[A-Za-z0-9_-]{54}")  # 40 bytes in base64url without padding


def mint_ticket(tenant_id: str) -> str:
    """Return a fresh ticket for a tenant."""
    payload = uuid.UUID(tenant_id).bytes + secrets.token_bytes(_SECRET_BYTES)
    return PREFIX + base64url.encode(payload)


def tenant_of_ticket(ticket: str) -> str:
    """Return the tenant a ticket claims to belong to; only its hash proves it.

    Raises: Unauthenticated: not the form of a ticket.
    """
    if not _FORM.fullmatch(ticket):
        raise Unauthenticated("the ticket is not valid")
    try:
        payload = base64url.decode(ticket.removeprefix(PREFIX))
    except ValueError:
        raise Unauthenticated("the ticket is not valid") from None
    return str(uuid.UUID(bytes=payload[:16]))


def hash_ticket(ticket: str, secret: bytes) -> str:
    """Return the hex of the keyed hash that is stored instead of the ticket."""
    return hmac.new(derive(secret, "ws-ticket"), ticket.encode(), hashlib.sha256).hexdigest()
