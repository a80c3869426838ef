import pytest

from benchmarks.voice.dialects import Audio, DropAudio, Other, Pipecat, TurnEnded, protobuf_fields, unamentis, varint

SECOND = bytes(48_000)


def test_our_own_words() -> None:
    dialect = unamentis()
    assert list(dialect.decode(SECOND)) == [Audio(1.0)]
    assert list(dialect.decode('{"type":"interrupted"}')) == [DropAudio()]
    assert list(dialect.decode('{"type":"vad_end"}')) == [TurnEnded()]
    assert list(dialect.decode('{"type":"llm_token","token":"a"}')) == [Other("llm_token")]


def test_microphone_audio_becomes_a_pipecat_frame() -> None:
    pcm = bytes(range(256)) * 2
    [(number, frame)] = protobuf_fields(Pipecat().encode(pcm))
    assert number == 2
    assert isinstance(frame, bytes)
    assert dict(protobuf_fields(frame)) == {3: pcm, 4: 16_000, 5: 1}


def field(number: int, content: bytes) -> bytes:
    return varint(number << 3 | 2) + varint(len(content)) + content


@pytest.mark.parametrize(
    ("frame", "meaning"),
    [
        (field(2, field(3, SECOND) + b"\x20" + varint(24_000)), Audio(1.0)),
        (field(5, b""), DropAudio()),
        (field(4, field(1, b'{"type":"user-stopped-speaking"}')), TurnEnded()),
        (field(4, field(1, b'{"type":"bot-output"}')), Other("bot-output")),
        (field(1, b"text"), Other("field 1")),
    ],
)
def test_what_pipecat_frames_mean(frame: bytes, meaning: object) -> None:
    assert list(Pipecat().decode(frame)) == [meaning]


@pytest.mark.parametrize(("number", "coded"), [(0, b"\x00"), (127, b"\x7f"), (128, b"\x80\x01"), (16_000, b"\x80\x7d")])
def test_numbers_are_coded_in_sevens_of_bits(number: int, coded: bytes) -> None:
    assert varint(number) == coded
