from core.voice.recorder import Recorder


def test_reading_is_by_position_and_forgetting_keeps_positions() -> None:
    recorder = Recorder()
    recorder.feed(b"aabb")
    recorder.feed(b"ccdd")
    assert recorder.read(1, 3) == b"bbcc"
    recorder.forget(2)
    assert (recorder.first, recorder.position) == (2, 4)
    assert recorder.read(0, 3) == b"cc"
    assert recorder.read(9, 12) == b""


def test_forgetting_more_than_there_is_leaves_nothing() -> None:
    recorder = Recorder()
    recorder.feed(b"aabb")
    recorder.forget(100)
    assert (recorder.first, recorder.read(0, 100)) == (2, b"")
