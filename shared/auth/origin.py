"""The origin lock, and which proxy may name the client's address.

A request that did not come through the edge is refused when the deployment has a secret for it. What the edge says of
the client's address and of the request's id counts only beside that secret; `X-Forwarded-For` only from a proxy the
operator has named.
"""

import hmac
import ipaddress
import re
from collections.abc import Mapping, Sequence
from typing import Final

import msgspec

from shared.errors import Forbidden

SECRET_HEADER: Final = "x-origin-secret"  # noqa: S105  its name, not its value
# Our Worker's own header first: what Cloudflare writes into its own on the way from a Worker is not for us to say.
EDGE_ADDRESS_HEADERS: Final = ("x-client-address", "cf-connecting-ip")
REQUEST_ID_HEADER: Final = "x-request-id"
FORWARDED_HEADER: Final = "x-forwarded-for"

_REQUEST_ID: Final = re.compile(r"[0-9A-Za-z-]{16,64}")

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


class OriginLock(msgspec.Struct, frozen=True):
    """Knows the way requests must have come.

    Attributes:
        secrets: accepted values of the edge's secret header, two during a rotation; empty leaves the lock open.
        proxies: networks of reverse proxies whose X-Forwarded-For is believed.
    """

    secrets: Sequence[str] = ()
    proxies: Sequence[Network] = ()

    def client_address(self, headers: Mapping[str, str], peer: str) -> str:
        """Return the client's address.

        Args:
            headers: with lower-case names. peer: the address the connection came from.
        Raises: Forbidden: the lock is set and the request does not carry the secret.
        """
        if self.secrets:
            if not self._came_through_the_edge(headers):
                raise Forbidden("requests must come through the edge", code="origin_locked")
            return next((headers[name] for name in EDGE_ADDRESS_HEADERS if headers.get(name)), peer)
        if not self._is_proxy(peer):
            return peer
        # Each proxy appends the peer it saw: the client is the last address that is not one of our own proxies.
        for address in reversed([part.strip() for part in headers.get(FORWARDED_HEADER, "").split(",")]):
            if address and not self._is_proxy(address):
                return address
        return peer

    def request_id(self, headers: Mapping[str, str]) -> str | None:
        """Return the id under which the edge knows a request, if it came through the edge.

        Args: headers: with lower-case names.
        """
        given = headers.get(REQUEST_ID_HEADER, "")
        return given if _REQUEST_ID.fullmatch(given) and self._came_through_the_edge(headers) else None

    def _came_through_the_edge(self, headers: Mapping[str, str]) -> bool:
        given = headers.get(SECRET_HEADER, "").encode()
        # Every value is compared, so that the time tells nothing about which one was nearly right.
        matches = [hmac.compare_digest(given, secret.encode()) for secret in self.secrets]
        return any(matches)

    def _is_proxy(self, address: str) -> bool:
        if not self.proxies:
            return False
        try:
            parsed = ipaddress.ip_address(address)
        except ValueError:
            return False
        return any(parsed in network for network in self.proxies)
