"""Addresses that must never be fetched, each with the rule that refuses it: python -m benchmarks.hostile_urls.

Names are answered by a resolver made for this table, and redirects by a server on loopback; nothing leaves the machine.
"""

import asyncio
import sys
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Final

from aiohttp import web

from core.fetching.fetcher import Fetcher
from core.fetching.rules import Refused, Rule

# What the names of this table resolve to. One hostile address among good ones spoils a name.
NAMES: Final[dict[str, list[str]]] = {
    "library.example": ["127.0.0.1"],  # the table's own server, vouched for by its port
    "loopback.example": ["127.0.0.1"],
    "mixed.example": ["93.184.215.14", "10.0.0.5"],
    "metadata.example": ["169.254.169.254"],
    "ula.example": ["fd12:3456:789a::1"],
    "mapped.example": ["::ffff:192.168.0.1"],
    "scoped.example": ["fe80::1%eth0"],
    "carrier.example": ["100.64.3.2"],
    "nobody.example": [],
}

# Address, and the rule that refuses it.
HOSTILE: Final[tuple[tuple[str, Rule], ...]] = (
    ("file:///etc/passwd", Rule.SCHEME),
    ("ftp://library.example/book", Rule.SCHEME),
    ("gopher://library.example:80/_GET", Rule.SCHEME),
    ("data:text/plain,hello", Rule.SCHEME),
    ("jar:http://library.example/a.zip!/b", Rule.SCHEME),
    ("//library.example/book", Rule.SCHEME),
    ("http:/library.example/book", Rule.SCHEME),
    ("http://library.example\\@127.0.0.1/", Rule.MALFORMED),
    ("http://library.example/\r\nHost: 127.0.0.1", Rule.MALFORMED),
    ("http://library.example\t.internal/", Rule.MALFORMED),
    ("http:///book", Rule.MALFORMED),
    ("http://library.example:port/", Rule.MALFORMED),
    ("http://[::1/", Rule.MALFORMED),
    ("http://teacher:secret@library.example/book", Rule.USER_INFO),
    ("http://library.example@127.0.0.1/", Rule.USER_INFO),
    ("http://127.0.0.1/", Rule.LOOPBACK),
    ("http://127.255.255.254/", Rule.LOOPBACK),
    ("http://[::1]/", Rule.LOOPBACK),
    ("http://[0:0:0:0:0:0:0:1]/", Rule.LOOPBACK),
    ("http://2130706433/", Rule.ODD_NUMBER),
    ("http://0x7f000001/", Rule.ODD_NUMBER),
    ("http://0x7f.0.0.1/", Rule.ODD_NUMBER),
    ("http://0177.0.0.1/", Rule.ODD_NUMBER),
    ("http://127.1/", Rule.ODD_NUMBER),
    ("http://127.0.0.1.:80.1/", Rule.MALFORMED),
    ("http://256.1.1.1/", Rule.ODD_NUMBER),
    ("http://1.2.3.4.5/", Rule.ODD_NUMBER),
    ("http://\u2460\u2461\u2466.\u24ea.\u24ea.\u2460/", Rule.ODD_NUMBER),
    ("http://127\uff0e0\uff0e0\uff0e1/", Rule.ODD_NUMBER),
    ("http://\u24d4xample.com/", Rule.ODD_NAME),
    ("http://library\u3002example/", Rule.ODD_NAME),
    ("http://%31%32%37.0.0.1/", Rule.ODD_NAME),
    ("http://library..example/", Rule.ODD_NAME),
    ("http://localhost/", Rule.LOCAL_NAME),
    ("http://LOCALHOST./", Rule.LOCAL_NAME),
    ("http://anything.localhost/", Rule.LOCAL_NAME),
    ("http://printer.local/", Rule.LOCAL_NAME),
    ("http://metadata.google.internal/computeMetadata/v1/", Rule.LOCAL_NAME),
    ("http://intranet/", Rule.LOCAL_NAME),
    ("http://0.0.0.0/", Rule.UNSPECIFIED),
    ("http://[::]/", Rule.UNSPECIFIED),
    ("http://169.254.169.254/latest/meta-data/", Rule.METADATA),
    ("http://169.254.170.2/v2/credentials", Rule.METADATA),
    ("http://100.100.100.200/latest/meta-data/", Rule.METADATA),
    ("http://168.63.129.16/machine", Rule.METADATA),
    ("http://[fd00:ec2::254]/latest/meta-data/", Rule.METADATA),
    ("http://169.254.1.1/", Rule.LINK_LOCAL),
    ("http://[fe80::1]/", Rule.LINK_LOCAL),
    ("http://[fe80::1%25eth0]/", Rule.LINK_LOCAL),
    ("http://10.0.0.1/", Rule.PRIVATE),
    ("http://172.16.0.1/", Rule.PRIVATE),
    ("http://192.168.1.1/", Rule.PRIVATE),
    ("http://[fd12:3456::1]/", Rule.PRIVATE),
    ("http://[fec0::1]/", Rule.PRIVATE),
    ("http://100.64.0.1/", Rule.CARRIER),
    ("http://224.0.0.1/", Rule.MULTICAST),
    ("http://255.255.255.255/", Rule.MULTICAST),
    ("http://[ff02::1]/", Rule.MULTICAST),
    ("http://[::ffff:127.0.0.1]/", Rule.EMBEDDED),
    ("http://[::ffff:a9fe:a9fe]/", Rule.EMBEDDED),
    ("http://[::127.0.0.1]/", Rule.EMBEDDED),
    ("http://[64:ff9b::7f00:1]/", Rule.EMBEDDED),
    ("http://[64:ff9b:1::a00:1]/", Rule.EMBEDDED),
    ("http://[2002:7f00:1::]/", Rule.EMBEDDED),
    ("http://[2001:0:4136:e378:8000:63bf:3fff:fdd2]/", Rule.EMBEDDED),
    ("http://192.0.2.1/", Rule.RESERVED),
    ("http://198.18.0.1/", Rule.RESERVED),
    ("http://240.0.0.1/", Rule.RESERVED),
    ("http://[2001:db8::1]/", Rule.RESERVED),
    ("http://[4000::1]/", Rule.RESERVED),
    ("http://93.184.215.14:22/", Rule.PORT),
    ("http://93.184.215.14:6379/", Rule.PORT),
    ("https://93.184.215.14:25/", Rule.PORT),
    ("http://loopback.example/", Rule.LOOPBACK),
    ("http://mixed.example/", Rule.PRIVATE),
    ("http://metadata.example/", Rule.METADATA),
    ("http://ula.example/", Rule.PRIVATE),
    ("http://mapped.example/", Rule.EMBEDDED),
    ("http://scoped.example/", Rule.LINK_LOCAL),
    ("http://carrier.example/", Rule.CARRIER),
    ("http://nobody.example/", Rule.NO_ADDRESS),
)

# What the table's own server answers a path with: where it redirects to, and the rule that refuses that.
REDIRECTS: Final[tuple[tuple[str, str, Rule], ...]] = (
    ("/to-loopback", "http://127.0.0.1/", Rule.LOOPBACK),
    ("/to-metadata", "http://169.254.169.254/latest/", Rule.METADATA),
    ("/to-a-name-inside", "http://loopback.example/", Rule.LOOPBACK),
    ("/to-a-file", "file:///etc/passwd", Rule.SCHEME),
    ("/to-a-user", "http://a:b@library.example/", Rule.USER_INFO),
    ("/to-an-odd-number", "http://0x7f.1/", Rule.ODD_NUMBER),
    ("/to-another-machine", "//10.0.0.1/", Rule.PRIVATE),
    ("/to-itself", "/to-itself", Rule.REDIRECTS),
)


class TableNames:
    """The table's resolver."""

    async def addresses(self, host: str) -> list[str]:
        """Return what the table says; see Names."""
        return NAMES.get(host, [])


@asynccontextmanager
async def redirecting() -> AsyncGenerator[int]:
    """Serve the redirects on a free port of loopback, and yield the port."""
    targets = {path: target for path, target, _ in REDIRECTS}

    async def redirect(request: web.Request) -> web.Response:
        return web.Response(status=302, headers={"Location": targets[request.path]})

    app = web.Application()
    app.router.add_get("/{name}", redirect)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    try:
        yield runner.addresses[0][1]
    finally:
        await runner.cleanup()


async def rule_of(fetcher: Fetcher, url: str) -> Rule | None:
    """Return the rule that refuses an address; None where nothing does."""
    try:
        await fetcher.fetch(url)
    except Refused as refused:
        return refused.rule
    return None


async def table() -> list[tuple[str, Rule, Rule | None]]:
    """Return each address with the rule that should refuse it and the one that did."""
    async with redirecting() as port:
        fetcher = Fetcher(TableNames(), vouched=frozenset({("127.0.0.1", port)}))
        rows = [(url, rule, await rule_of(fetcher, url)) for url, rule in HOSTILE]
        for path, target, rule in REDIRECTS:
            rows.append((f"{path} -> {target}", rule, await rule_of(fetcher, f"http://library.example:{port}{path}")))
    return rows


def main() -> int:
    """Print the table, and fail where an address was not refused by its rule."""
    rows = asyncio.run(table())
    for url, _, found in rows:
        print(f"{ascii(url)[1:-1]:<66} {found.code if found else 'FETCHED'}")
    wrong = [url for url, rule, found in rows if rule is not found]
    print(f"{len(rows)} addresses, {len(rows) - len(wrong)} refused by their rules")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
