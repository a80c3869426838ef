import asyncio

from core.pipeline.audio_buffer import AudioBuffer


async def test_sound_comes_out_behind_its_text_in_the_wanted_sizes() -> None:
    buffer = AudioBuffer(100)
    buffer.begin("one")
    await buffer.put(b"aabb")
    await buffer.put(b"ccdd")
    buffer.begin("two")
    await buffer.put(b"ee")
    buffer.finish()
    taken = [await buffer.take(2, 6) for _ in range(6)]
    assert taken == ["one", b"aabbcc", b"dd", "two", b"ee", None]


async def test_too_little_sound_is_waited_for() -> None:
    buffer = AudioBuffer(100)
    await buffer.put(b"aa")
    waiting = asyncio.create_task(buffer.take(4, 8))
    await asyncio.sleep(0)
    assert not waiting.done()
    await buffer.put(b"bb")
    assert await waiting == b"aabb"


async def test_the_last_sound_of_a_piece_may_be_short() -> None:
    buffer = AudioBuffer(100)
    await buffer.put(b"aa")
    buffer.begin("next")
    assert await buffer.take(4, 8) == b"aa"


async def test_a_full_buffer_makes_the_synthesiser_wait() -> None:
    buffer = AudioBuffer(4)
    await buffer.put(b"")
    await buffer.put(b"aabb")
    waiting = asyncio.create_task(buffer.put(b"cc"))
    await asyncio.sleep(0)
    assert not waiting.done()
    assert await buffer.take(2, 2) == b"aa"
    await waiting
    assert await buffer.take(2, 8) == b"bbcc"


async def test_what_is_put_back_comes_first_even_when_all_was_taken() -> None:
    buffer = AudioBuffer(4)
    await buffer.put(b"cccc")
    buffer.put_back(["one", b"aa", b"bb", "two"])
    assert [await buffer.take(2, 6) for _ in range(4)] == ["one", b"aabb", "two", b"cccc"]
    buffer.finish()
    assert await buffer.take(2, 6) is None
    buffer.put_back([b"zz"])
    assert [await buffer.take(2, 6) for _ in range(2)] == [b"zz", None]
