"""A detector that is let go keeps no session from being heard."""

from core.providers.vad.resting import RestingDetector, RestingEar
from tests.fakes.detector import SILENCE, SPEECH, FakeDetector


class Loader:
    def __init__(self) -> None:
        self.loaded: list[FakeDetector] = []

    def __call__(self) -> FakeDetector:
        self.loaded.append(FakeDetector())
        return self.loaded[-1]


def heard(detector: RestingDetector) -> tuple[RestingEar, list[float]]:
    decided: list[float] = []
    ear = detector.open(lambda probability, _samples: decided.append(probability))
    assert isinstance(ear, RestingEar)
    return ear, decided


async def test_it_is_loaded_when_somebody_is_heard() -> None:
    loader = Loader()
    detector = RestingDetector(loader)
    ear, decided = heard(detector)
    assert not detector.is_loaded
    ear.feed(SPEECH)
    ear.feed(SILENCE)
    assert detector.is_loaded
    assert len(decided) == 2
    assert loader.loaded[0].open_ears == 1


async def test_an_ear_that_rests_gives_its_place_back_and_hears_again() -> None:
    loader = Loader()
    detector = RestingDetector(loader)
    ear, decided = heard(detector)
    ear.feed(SPEECH)
    assert not detector.unload()
    detector.rest_ears(1_000)
    assert ear.is_open
    detector.rest_ears(0)
    assert (ear.is_open, loader.loaded[0].open_ears) == (False, 0)
    assert detector.unload()
    assert not detector.is_loaded
    ear.feed(SPEECH)
    assert len(loader.loaded) == 2
    assert len(decided) == 2


async def test_a_closed_ear_is_forgotten() -> None:
    loader = Loader()
    detector = RestingDetector(loader)
    ear, _ = heard(detector)
    ear.feed(SPEECH)
    ear.close()
    assert detector.ears == []
    assert loader.loaded[0].open_ears == 0
