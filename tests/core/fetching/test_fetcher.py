import asyncio
import gzip
import hashlib
import zlib
from collections.abc import AsyncIterator

import pytest
from aiohttp import web

from core.fetching.fetcher import Fetcher, Limits
from core.fetching.rules import Refused, Rule
from shared.errors import Unavailable
from tests.fakes.names import FakeNames
from tests.support.library_server import HOST, Answer, Library, library, never

BOOK = b"# A book\n\nWith a chapter.\n"


@pytest.fixture
async def shelf() -> AsyncIterator[Library]:
    async with library() as made:
        made.files["/book.md"] = BOOK
        yield made


async def refused(fetcher: Fetcher, url: str) -> Rule:
    with pytest.raises(Refused) as error:
        await fetcher.fetch(url)
    return error.value.rule


def redirecting(location: str, status: int = 302) -> Answer:
    async def answer(_request: web.Request) -> web.StreamResponse:
        return web.Response(status=status, headers={"Location": location})

    return answer


def sending(body: bytes, **headers: str) -> Answer:
    async def answer(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={name.replace("_", "-"): value for name, value in headers.items()})
        await response.prepare(request)
        await response.write(body)
        return response

    return answer


async def test_a_file_comes_with_its_revision(shelf: Library) -> None:
    found = await shelf.fetcher().fetch(shelf.url("/book.md"))
    assert (found.body, found.url) == (BOOK, shelf.url("/book.md"))
    assert found.revision == hashlib.sha256(BOOK).hexdigest()


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_redirects_are_followed(shelf: Library, status: int) -> None:
    shelf.answers["/old"] = redirecting("/book.md", status)
    shelf.answers["/older"] = redirecting(shelf.url("/old"), status)
    found = await shelf.fetcher().fetch(shelf.url("/older"))
    assert (found.body, found.url) == (BOOK, shelf.url("/book.md"))
    assert shelf.names.asked == [HOST] * 3


async def test_each_redirect_is_looked_up_again(shelf: Library) -> None:
    shelf.answers["/old"] = redirecting("/book.md")
    shelf.names.answers[HOST] = [["127.0.0.1"], ["10.0.0.1"]]
    assert await refused(shelf.fetcher(), shelf.url("/old")) is Rule.PRIVATE
    assert shelf.asked == ["/old"]


async def test_a_name_that_changes_its_mind_is_asked_once(shelf: Library) -> None:
    shelf.names.answers[HOST] = [["127.0.0.1"], ["169.254.169.254"]]
    assert (await shelf.fetcher().fetch(shelf.url("/book.md"))).body == BOOK
    assert shelf.names.asked == [HOST]


async def test_one_hostile_address_spoils_a_name(shelf: Library) -> None:
    shelf.names.answers[HOST] = [["127.0.0.1", "10.0.0.1"]]
    assert await refused(shelf.fetcher(), shelf.url("/book.md")) is Rule.PRIVATE
    assert shelf.asked == []


async def test_nobody_vouches_for_another_port(shelf: Library) -> None:
    stranger = Fetcher(shelf.names, vouched=frozenset({("127.0.0.1", shelf.port + 1)}))
    assert await refused(stranger, shelf.url("/book.md")) is Rule.LOOPBACK
    assert shelf.asked == []


async def test_a_file_is_as_large_as_it_may_be_and_no_larger(shelf: Library) -> None:
    exact = shelf.fetcher(Limits(size=len(BOOK)))
    assert (await exact.fetch(shelf.url("/book.md"))).body == BOOK
    less = shelf.fetcher(Limits(size=len(BOOK) - 1))
    assert await refused(less, shelf.url("/book.md")) is Rule.SIZE
    shelf.answers["/unsaid"] = sending(BOOK)  # chunked: its length is not told before
    assert await refused(less, shelf.url("/unsaid")) is Rule.SIZE


async def test_what_is_packed_is_unpacked(shelf: Library) -> None:
    long = BOOK * 40_000
    shelf.answers["/gzip"] = sending(gzip.compress(BOOK, mtime=0), Content_Encoding="gzip")
    shelf.answers["/deflate"] = sending(zlib.compress(BOOK), Content_Encoding="deflate")
    for path in ("/gzip", "/deflate"):
        assert (await shelf.fetcher().fetch(shelf.url(path))).body == BOOK
    shelf.answers["/tight"] = sending(gzip.compress(long, mtime=0), Content_Encoding="gzip")
    assert await refused(shelf.fetcher(), shelf.url("/tight")) is Rule.RATIO


async def test_a_bomb_is_let_go_of_early(shelf: Library) -> None:
    bomb = gzip.compress(bytes(64 * 1024 * 1024), mtime=0)
    shelf.answers["/bomb"] = sending(bomb, Content_Encoding="gzip")
    assert await refused(shelf.fetcher(Limits(size=1 << 40)), shelf.url("/bomb")) is Rule.RATIO


@pytest.mark.parametrize(
    ("body", "encoding", "rule"),
    [
        (b"not packed", "gzip", Rule.ENCODING),
        (b"packed otherwise", "br", Rule.ENCODING),
        (gzip.compress(gzip.compress(BOOK, mtime=0), mtime=0), "gzip, gzip", Rule.ENCODING),
        (gzip.compress(BOOK, mtime=0)[:-9], "gzip", Rule.CUT_SHORT),
    ],
)
async def test_what_is_packed_badly_is_refused(shelf: Library, body: bytes, encoding: str, rule: Rule) -> None:
    shelf.answers["/packed"] = sending(body, Content_Encoding=encoding)
    assert await refused(shelf.fetcher(), shelf.url("/packed")) is rule


async def test_a_file_that_ends_too_soon_is_refused(shelf: Library) -> None:
    async def cut(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Length": str(len(BOOK) * 2)})
        await response.prepare(request)
        await response.write(BOOK)
        assert request.transport is not None
        request.transport.close()
        return response

    shelf.answers["/cut"] = cut
    assert await refused(shelf.fetcher(), shelf.url("/cut")) is Rule.CUT_SHORT


async def test_a_server_that_never_answers_is_left(shelf: Library) -> None:
    shelf.answers["/never"] = never
    assert await refused(shelf.fetcher(Limits(seconds=0.2)), shelf.url("/never")) is Rule.TIME


async def test_only_200_is_a_file(shelf: Library) -> None:
    shelf.answers["/nowhere"] = redirecting("")
    for path in ("/missing", "/nowhere"):
        assert await refused(shelf.fetcher(), shelf.url(path)) is Rule.STATUS


async def test_a_closed_port_is_unreachable(unused_tcp_port: int) -> None:
    names = FakeNames({HOST: [["127.0.0.1"]]})
    fetcher = Fetcher(names, vouched=frozenset({("127.0.0.1", unused_tcp_port)}))
    assert await refused(fetcher, f"http://{HOST}:{unused_tcp_port}/") is Rule.UNREACHABLE


async def test_a_certificate_nobody_signed_is_none(shelf: Library) -> None:
    https = shelf.url("/book.md").replace("http:", "https:")
    assert await refused(shelf.fetcher(), https) is Rule.UNREACHABLE


async def test_an_address_is_checked_without_asking_its_server(shelf: Library) -> None:
    await shelf.fetcher().check(shelf.url("/book.md"))
    with pytest.raises(Refused):
        await shelf.fetcher().check("http://10.0.0.1/")
    assert shelf.asked == []


class SilentNames(FakeNames):
    """A resolver that never answers."""

    async def addresses(self, host: str) -> list[str]:
        await super().addresses(host)
        await asyncio.Event().wait()
        raise AssertionError("nobody sets it")


async def test_a_resolver_that_never_answers_is_not_waited_for() -> None:
    fetcher = Fetcher(SilentNames({}), limits=Limits(seconds=0.1))
    for ask in (fetcher.fetch, fetcher.check):
        with pytest.raises(Refused) as error:
            await ask("https://library.example/book.md")
        assert error.value.rule is Rule.TIME


async def test_no_more_than_so_many_are_fetched_at_the_same_time(shelf: Library) -> None:
    both = asyncio.Barrier(3)

    async def wait(request: web.Request) -> web.StreamResponse:
        await both.wait()
        return await never(request)

    shelf.answers["/never"] = wait
    fetcher = shelf.fetcher(Limits(seconds=60, at_once=2))
    waiting = [asyncio.create_task(fetcher.fetch(shelf.url("/never"))) for _ in range(2)]
    await asyncio.wait_for(both.wait(), 30)
    with pytest.raises(Unavailable) as busy:
        await fetcher.fetch(shelf.url("/book.md"))
    assert busy.value.error_code == "too_many_fetches"
    # Whether it may be asked at all is told all the same.
    await fetcher.check(shelf.url("/book.md"))
    for task in waiting:
        task.cancel()
    await asyncio.wait(waiting)
    assert (await fetcher.fetch(shelf.url("/book.md"))).body == BOOK
