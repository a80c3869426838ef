from ipaddress import ip_address

import pytest

from benchmarks.hostile_urls import HOSTILE, REDIRECTS, main
from core.fetching.rules import LONGEST_URL, Refused, Rule, address_rule, check_address, check_url


def test_every_address_of_the_table_is_refused_by_its_rule(capsys: pytest.CaptureFixture[str]) -> None:
    assert main() == 0
    printed = capsys.readouterr().out.splitlines()
    assert len(printed) == len(HOSTILE) + len(REDIRECTS) + 1
    assert len(HOSTILE) >= 40
    assert "FETCHED" not in "".join(printed)


@pytest.mark.parametrize(
    ("text", "host", "port"),
    [
        ("https://library.example/book.md", "library.example", 443),
        ("HTTP://Library.Example.:8080/a?b=c#d", "library.example", 8080),
        ("https://b\u00fccher.example/x", "xn--bcher-kva.example", 443),
        ("http://93.184.215.14/", "93.184.215.14", 80),
        ("https://[2606:2800:21f:cb07:6820:80da:af6b:8b2c]/x", "2606:2800:21f:cb07:6820:80da:af6b:8b2c", 443),
    ],
)
def test_plain_addresses_pass(text: str, host: str, port: int) -> None:
    target = check_url(text)
    assert (target.host, target.port) == (host, port)
    assert target.url.raw_host == host


def test_an_endless_address_is_refused() -> None:
    with pytest.raises(Refused) as refused:
        check_url("https://library.example/" + "a" * LONGEST_URL)
    assert refused.value.rule is Rule.MALFORMED
    assert refused.value.details == {"url": Rule.MALFORMED.value, "rule": "malformed"}


def nobody(_address: object, _port: int) -> bool:
    return False


@pytest.mark.parametrize("text", ["93.184.215.14", "1.1.1.1", "2606:4700::1111", "2a00:1450:4001:80f::200e"])
def test_addresses_of_the_internet_pass(text: str) -> None:
    assert address_rule(ip_address(text)) is None
    assert check_address(text, 443, nobody) == ip_address(text)


def test_a_vouched_server_is_one_address_with_one_port() -> None:
    def vouched(address: object, port: int) -> bool:
        return (str(address), port) == ("10.1.2.3", 9000)

    assert str(check_address("10.1.2.3", 9000, vouched)) == "10.1.2.3"
    for address, port in (("10.1.2.3", 9001), ("10.1.2.4", 9000)):
        with pytest.raises(Refused):
            check_address(address, port, vouched)
