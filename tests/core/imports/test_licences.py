import pytest

from core.imports.licences import licence_of


@pytest.mark.parametrize(
    ("text", "kind", "derivatives", "commercial"),
    [
        ("CC-BY-4.0", "CC-BY", True, True),
        ("cc by-nc-sa 3.0", "CC-BY-NC-SA", True, False),
        ("CC BY-ND", "CC-BY-ND", False, True),
        ("https://creativecommons.org/licenses/by-nc-nd/4.0/", "CC-BY-NC-ND", False, False),
        ("CC0", "CC0", True, True),
        ("Public Domain", "public-domain", True, True),
        ("All rights reserved.", "proprietary", False, False),
        ("Proprietary", "proprietary", False, False),
        ("", "unknown", True, True),
        ("My own words", "other", True, True),
    ],
)
def test_what_a_licence_allows(text: str, kind: str, derivatives: bool, commercial: bool) -> None:
    licence = licence_of(text)
    assert (licence.type, licence.allows_derivatives, licence.allows_commercial_use) == (kind, derivatives, commercial)
    assert bool(licence.warnings) is (not derivatives or not commercial or licence.share_alike or not licence.is_known)


def test_whose_work_it_is() -> None:
    assert licence_of("CC-BY-4.0").attribution("Light", "Ada") == "Light by Ada, CC BY 4.0"
    assert licence_of("").attribution("Light", "") == "Light"
