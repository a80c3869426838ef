from typing import BinaryIO

from numpy import int16
from numpy.typing import NDArray

def write(
    file: BinaryIO,
    data: NDArray[int16],
    samplerate: int,
    *,
    subtype: str | None = ...,
    format: str | None = ...,  # noqa: A002  the name the library gave it
) -> None: ...
def read(file: BinaryIO, *, dtype: str = ...) -> tuple[NDArray[int16], int]: ...
