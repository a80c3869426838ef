from core.ws.pace import AudioPace


def test_sound_in_real_time_never_waits() -> None:
    pace = AudioPace(0.0)
    assert not any(pace.take(0.02, i * 0.02) for i in range(10_000))


def test_two_minutes_come_at_once_and_the_rest_at_twice_real_time() -> None:
    pace = AudioPace(0.0)
    assert pace.take(120, 0.0) == 0
    assert pace.take(10, 0.0) == 5
    assert pace.take(10, 5.0) == 5
    assert pace.take(10, 1_000.0) == 0


def test_sound_is_admitted_as_long_as_nothing_is_to_be_waited_for() -> None:
    pace = AudioPace(0.0)
    assert all(pace.admits(0.02, i * 0.02) for i in range(1_000))
    assert pace.admits(120, 1_000.0)
    assert not pace.admits(10, 1_000.0)
    # What was not admitted was not counted.
    assert pace.take(10, 1_000.0) == 5


def test_a_flood_of_frames_without_sound_waits_too() -> None:
    pace = AudioPace(0.0)
    assert not any(pace.take(0, 0.0) for _ in range(20_000))
    assert max(pace.take(0, 0.0) for _ in range(10_000)) > 10
    real = AudioPace(0.0)
    assert not any(real.take(0.01, i * 0.01) for i in range(30_000))
