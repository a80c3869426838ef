"""The origin lock, and which proxy may name the client's address.

A request that did not come through the edge is refused when the deployment has a secret for it. The edge's own header
with the client's address counts only beside that secret; `X-Forwarded-For` only from a proxy the operator has named.
"""

import hmac
import ipaddress
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from shared.errors import Forbidden

SECRET_HEADER: Final = "x-origin-secret"  # noqa: S105  its name, not its value
EDGE_ADDRESS_HEADER: Final = "cf-connecting-ip"
FORWARDED_HEADER: Final = "x-forwarded-for"

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


@dataclass(frozen=True, slots=True)
class OriginLock:
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
            given = headers.get(SECRET_HEADER, "").encode()
            # Every value is compared, so that the time tells nothing about which one was nearly right.
            matches = [hmac.compare_digest(given, secret.encode()) for secret in self.secrets]
            if not any(matches):
                raise Forbidden("requests must come through the edge", code="origin_locked")
            return headers.get(EDGE_ADDRESS_HEADER) or peer
        if not self._is_proxy(peer):
            return peer
        # Each proxy appends the peer it saw: the client is the last address that is not one of our own proxies.
        for address in reversed([part.strip() for part in headers.get(FORWARDED_HEADER, "").split(",")]):
            if address and not self._is_proxy(address):
                return address
        return peer

    def _is_proxy(self, address: str) -> bool:
        try:
            parsed = ipaddress.ip_address(address)
        except ValueError:
            return False
        return any(parsed in network for network in self.proxies)
