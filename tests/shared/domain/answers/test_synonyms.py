"""Other names, and names that are confused."""

from shared.domain.answers.forms import form_of
from shared.domain.answers.synonyms import SYNONYMS, are_different, are_opposed


def test_every_name_leads_to_the_others() -> None:
    for name, names in SYNONYMS.items():
        assert name in names
        assert all(name in SYNONYMS[other] for other in names)
    assert form_of("First World War", "text").text in SYNONYMS[form_of("WW1", "text").text]


def test_what_differs() -> None:
    assert are_different("iraq", "iran")
    assert not are_different("iran", "persia")
    assert are_opposed("hypertension", "hypotension")
    assert not are_opposed("newton", "newton")
