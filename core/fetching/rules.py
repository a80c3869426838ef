"""Which addresses on the Internet may be asked for something. Pure.

A server inside a network is trusted by what stands beside it, so a stranger's address must lead outside of it, however
it is written, whatever its name resolves to, and wherever it is redirected.
"""

import re
import unicodedata
from collections.abc import Callable
from enum import Enum
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Final

import idna
import msgspec
from yarl import URL

from shared.errors import InvalidInput

Address = IPv4Address | IPv6Address

LONGEST_URL: Final = 2_000
SCHEMES: Final = frozenset({"http", "https"})
PORTS: Final = frozenset({80, 443, 8080, 8443})


class Rule(Enum):
    """Why something was refused; the value is what a person is told was expected."""

    MALFORMED = "an address such as https://library.example/book.md, without blanks, backslashes and control characters"
    SCHEME = "http or https"
    USER_INFO = "an address without a user name or password"
    PORT = f"one of the ports {', '.join(map(str, sorted(PORTS)))}"
    ODD_NUMBER = "an IP address written as four plain numbers, or none"
    ODD_NAME = "a name of letters, digits and hyphens, or a valid international one"
    LOCAL_NAME = "a name of the public Internet"
    NO_ADDRESS = "a name that has an address"
    UNSPECIFIED = "an address that is somebody's: 0.0.0.0/8 and :: are nobody's"
    LOOPBACK = "another machine's address: 127.0.0.0/8 and ::1 are this one"
    METADATA = "an address that is no cloud's metadata service"
    LINK_LOCAL = "an address beyond this link: not 169.254.0.0/16 or fe80::/10"
    PRIVATE = "a public address: not one of a private network (RFC 1918, fc00::/7, fec0::/10)"
    CARRIER = "a public address: not one a carrier shares (100.64.0.0/10)"
    MULTICAST = "one machine's address: not multicast or broadcast"
    RESERVED = "an address that is in use: not one for documentation, tests or later"
    EMBEDDED = "an address as it is: not an IPv4 address inside IPv6 (mapped, NAT64, 6to4, Teredo)"
    REDIRECTS = "at most five redirects"
    TIME = "an answer in time"
    SIZE = "a file that is not too large"
    CUT_SHORT = "a file as long as its server says"
    ENCODING = "a file that is sent plainly, or packed with gzip or deflate"
    RATIO = "a file that is not packed tighter than 100 to 1"
    STATUS = "an address that answers with 200"
    UNREACHABLE = "a server that can be reached"

    @property
    def code(self) -> str:
        """Return the rule's name as the API has it."""
        return self.name.lower()


# What the same address may not be refused for a little later.
MAY_PASS: Final = frozenset({Rule.TIME, Rule.CUT_SHORT, Rule.UNREACHABLE})


class Refused(InvalidInput):
    """Something was not fetched, by the rule it carries."""

    code = "url_refused"

    def __init__(self, rule: Rule) -> None:
        super().__init__(f"url: {rule.value}", details={"url": rule.value, "rule": rule.code})
        self.rule = rule


class Target(msgspec.Struct, frozen=True):
    """An address whose spelling is harmless; where its name leads is checked when that is known.

    Attributes:
        literal: the IP address, where it names one.
    """

    url: URL
    host: str
    port: int
    literal: Address | None


# Nothing that two parsers may read differently: blanks, controls, backslashes.
_PLAIN: Final = re.compile(r"[^\s\\\x00-\x20\x7f<>\"{}|^`]+")
_LABEL: Final = re.compile(r"(?!-)[a-z0-9_-]{1,63}(?<!-)")
_DOTTED: Final = re.compile(r"(?:0|[1-9]\d{0,2})(?:\.(?:0|[1-9]\d{0,2})){3}", re.ASCII)
# As the URL standard tells that a host is meant as a number, in whatever base.
_NUMBER: Final = re.compile(r"\d+|0x[0-9a-f]*", re.ASCII)
_LOCAL_ENDINGS: Final = (
    "localhost", "local", "localdomain", "internal", "intranet", "lan", "home", "corp", "home.arpa", "in-addr.arpa",
    "ip6.arpa", "onion", "test", "invalid",
)  # fmt: skip


def check_url(text: str) -> Target:
    """Return the address a text names.

    Raises: Refused: not an address of the public Internet as far as its spelling tells.
    """
    if len(text) > LONGEST_URL or not _PLAIN.fullmatch(text):
        raise Refused(Rule.MALFORMED)
    scheme, mark, rest = text.partition("://")
    if not mark or scheme.lower() not in SCHEMES:
        raise Refused(Rule.SCHEME)
    authority = re.split(r"[/?#]", rest, maxsplit=1)[0]
    if "@" in authority:
        raise Refused(Rule.USER_INFO)
    return _target(text, authority)


def _target(text: str, authority: str) -> Target:
    try:
        url = URL(text)
        port = url.port
    except ValueError:
        raise Refused(Rule.MALFORMED) from None
    if not authority or url.host is None or url.user is not None or port is None:
        raise Refused(Rule.MALFORMED)
    if authority.startswith("["):
        return Target(url, url.host, port, _bracketed(authority))
    # The name as it was sent: a parser may have made something plainer of it, and another would not.
    name = authority.rpartition(":")[0] if re.search(r":\d*$", authority) else authority
    host, literal = _host(name)
    return Target(url.with_host(host), host, port, literal)


def _bracketed(authority: str) -> Address:
    inside = authority[1:].partition("]")[0]
    if "%" in inside:  # a zone: an interface of this machine
        raise Refused(Rule.LINK_LOCAL)
    try:
        return IPv6Address(inside)
    except ValueError:
        raise Refused(Rule.MALFORMED) from None


def _host(name: str) -> tuple[str, Address | None]:
    lowered = name.lower().removesuffix(".")
    if not lowered or "%" in lowered:
        raise Refused(Rule.ODD_NAME)
    if not lowered.isascii():
        if _NUMBER.fullmatch(unicodedata.normalize("NFKC", lowered).rpartition(".")[2].lower()):
            raise Refused(Rule.ODD_NUMBER)
        lowered = _international(lowered)
    labels = lowered.split(".")
    if _NUMBER.fullmatch(labels[-1]):
        if not _DOTTED.fullmatch(lowered) or any(int(label) > 255 for label in labels):
            raise Refused(Rule.ODD_NUMBER)
        return lowered, IPv4Address(lowered)
    if len(lowered) > 253 or not all(_LABEL.fullmatch(label) for label in labels):
        raise Refused(Rule.ODD_NAME)
    if len(labels) == 1 or any(lowered == end or lowered.endswith(f".{end}") for end in _LOCAL_ENDINGS):
        raise Refused(Rule.LOCAL_NAME)
    return lowered, None


def _international(name: str) -> str:
    """Return a name as DNS has it; what only looks like letters, such as circled ones, is no name."""
    try:
        return idna.encode(name, strict=True).decode("ascii")
    except (idna.IDNAError, UnicodeError):
        raise Refused(Rule.ODD_NAME) from None


def _networks(*texts: str) -> tuple[IPv4Network | IPv6Network, ...]:
    return tuple(ip_network(text) for text in texts)


# The first that holds an address refuses it, so what is more telling comes first. Sources: IANA's special-purpose
# address registries for IPv4 and IPv6, and the clouds' own documentation of their metadata services.
_REFUSED: Final[tuple[tuple[Rule, tuple[IPv4Network | IPv6Network, ...]], ...]] = (
    (
        Rule.METADATA,
        _networks(
            "169.254.169.254/32", "169.254.170.0/24", "100.100.100.200/32", "168.63.129.16/32", "192.0.0.192/32",
            "fd00:ec2::/32", "fd20:ce::254/128",
        ),
    ),
    (Rule.UNSPECIFIED, _networks("0.0.0.0/8", "::/128")),
    (Rule.LOOPBACK, _networks("127.0.0.0/8", "::1/128")),
    (Rule.LINK_LOCAL, _networks("169.254.0.0/16", "fe80::/10")),
    (Rule.PRIVATE, _networks("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7", "fec0::/10")),
    (Rule.CARRIER, _networks("100.64.0.0/10")),
    (Rule.MULTICAST, _networks("224.0.0.0/4", "255.255.255.255/32", "ff00::/8")),
    (
        Rule.EMBEDDED,
        _networks(
            "::ffff:0:0/96", "::ffff:0:0:0/96", "::/96", "64:ff9b::/96", "64:ff9b:1::/48", "2001::/32", "2002::/16",
            "192.88.99.0/24",
        ),
    ),
    (
        Rule.RESERVED,
        _networks(
            "192.0.0.0/24", "192.0.2.0/24", "192.31.196.0/24", "192.52.193.0/24", "192.175.48.0/24", "198.18.0.0/15",
            "198.51.100.0/24", "203.0.113.0/24", "240.0.0.0/4", "100::/64", "2001::/23", "2001:db8::/32", "3fff::/20",
            "2620:4f:8000::/48", "5f00::/16",
        ),
    ),
)  # fmt: skip
_GLOBAL_V6: Final = IPv6Network("2000::/3")


def address_rule(address: Address) -> Rule | None:
    """Return the rule that refuses an IP address; None for one of the public Internet."""
    for rule, networks in _REFUSED:
        if any(address in network for network in networks if network.version == address.version):
            return rule
    if isinstance(address, IPv6Address) and address not in _GLOBAL_V6:
        return Rule.RESERVED
    # Whatever the interpreter's own table knows besides.
    return None if address.is_global else Rule.RESERVED


# Tells a server an operator vouches for, such as a school's own library, by its address and port.
Vouched = Callable[[Address, int], bool]


def check_address(text: str, port: int, vouched: Vouched) -> Address:
    """Return an address that may be connected to.

    Raises: Refused.
    """
    try:
        address = ip_address(text)
    except ValueError:
        raise Refused(Rule.LINK_LOCAL if "%" in text else Rule.NO_ADDRESS) from None
    if vouched(address, port):
        return address
    if (rule := address_rule(address)) is not None:
        raise Refused(rule)
    if port not in PORTS:
        raise Refused(Rule.PORT)
    return address
