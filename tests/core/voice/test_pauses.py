from core.voice.pauses import Pauses


def test_a_few_pauses_say_nothing() -> None:
    pauses = Pauses()
    for _ in range(4):
        pauses.add(4_000)
    assert pauses.usual_longest == 0
    pauses.add(4_000)
    assert pauses.usual_longest == 4_000


def test_a_single_long_pause_among_many_is_not_usual() -> None:
    pauses = Pauses()
    for samples in (*[4_000] * 12, 30_000):
        pauses.add(samples)
    assert pauses.usual_longest == 4_000


def test_old_pauses_are_forgotten() -> None:
    pauses = Pauses()
    for samples in (*[4_000] * 24, *[8_000] * 24):
        pauses.add(samples)
    assert pauses.usual_longest == 8_000
