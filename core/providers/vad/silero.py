"""Silero VAD in numpy: any number of voices advance together in one pass.

The published network: a short-time Fourier transform written as a convolution, four convolutions, one LSTM cell and
one output unit. It is so small that its cost is the calls, not the arithmetic: the voices of all sessions share them.
numpy must run one BLAS thread: set OPENBLAS_NUM_THREADS=1 before it is imported.

Source: the module `silero_vad.tinygrad_model` of the silero-vad wheel, MIT licence.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

import msgspec
import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float32]
Samples = NDArray[np.int16]

WINDOW: Final = 512  # samples a decision, 32 ms
WEIGHTS: Final = Path(__file__).with_name("weights") / "silero_v6_16k.npz"

_CONTEXT: Final = 64  # samples of the previous window the transform still sees
_PADDING: Final = 64  # samples mirrored at the window's end
_FRAME: Final = 256
_HOP: Final = 128
_FRAMES: Final = 4
_BINS: Final = 129
_UNITS: Final = 128


class Layer(msgspec.Struct, frozen=True):
    """A linear map, ready for `rows @ weight + bias`."""

    weight: Array
    bias: Array


class Weights(msgspec.Struct, frozen=True):
    """The network's parameters, laid out so that each convolution is one matrix product."""

    transform: Array
    first: Layer
    second: Layer
    third: Layer
    fourth: Layer
    memory: Layer
    output: Layer


def load_weights(path: Path = WEIGHTS) -> Weights:
    """Read the weights kept beside this module (1.2 MB)."""
    with np.load(path, allow_pickle=False) as arrays:
        get: dict[str, Array] = {name: np.asarray(arrays[name], np.float32) for name in arrays.files}
    # A sigmoid is half a tanh of half its argument: the halving of the three gates is folded in here.
    halves = np.repeat(np.array([0.5, 0.5, 1.0, 0.5], np.float32), _UNITS)
    recurrent = np.concatenate([get["lstm_cell.weight_ih"], get["lstm_cell.weight_hh"]], axis=1).T * halves
    last = get["conv4.weight"][:, :, 1]  # one row remains by then: only the middle tap meets it
    return Weights(
        transform=np.ascontiguousarray(get["stft_conv.weight"].reshape(2 * _BINS, _FRAME).T),
        first=_convolution(get["conv1.weight"], get["conv1.bias"]),
        second=_convolution(get["conv2.weight"], get["conv2.bias"]),
        third=_convolution(get["conv3.weight"], get["conv3.bias"]),
        fourth=Layer(np.ascontiguousarray(last.T), get["conv4.bias"]),
        memory=Layer(np.ascontiguousarray(recurrent), (get["lstm_cell.bias_ih"] + get["lstm_cell.bias_hh"]) * halves),
        output=Layer(get["final_conv.weight"].reshape(_UNITS, 1), get["final_conv.bias"]),
    )


def _convolution(kernel: Array, bias: Array) -> Layer:
    """Lay a kernel (out, in, 3) out for rows that hold three consecutive inputs side by side."""
    return Layer(np.ascontiguousarray(kernel.transpose(2, 1, 0).reshape(-1, kernel.shape[0])), bias)


class _Bench:
    """Work space for a pass over `rows` voices; the borders stay zero between passes (about 12 KB a voice)."""

    def __init__(self, rows: int) -> None:
        self.signal = np.zeros((rows, _CONTEXT + WINDOW + _PADDING), np.float32)
        self.frames = _sliding(self.signal, _FRAMES, _FRAME, _HOP)
        self.spectrum = np.zeros((rows, _FRAMES + 2, _BINS), np.float32)
        self.wide = np.zeros((rows, _FRAMES + 2, _UNITS), np.float32)
        self.narrow = np.zeros((rows, _FRAMES, _UNITS // 2), np.float32)
        self.joined = np.zeros((rows, 2 * _UNITS), np.float32)
        self.spectrum_taps = _sliding(self.spectrum.reshape(rows, -1), _FRAMES, 3 * _BINS, _BINS)
        self.wide_taps = _sliding(self.wide.reshape(rows, -1), 2, 3 * _UNITS, 2 * _UNITS)
        self.narrow_taps = self.narrow.reshape(rows, -1)[:, : 3 * _UNITS // 2]


def _sliding(rows: Array, count: int, width: int, step: int) -> Array:
    """View each row as `count` overlapping stretches of `width`, `step` apart, without copying."""
    size = rows.itemsize
    strides = (rows.strides[0], step * size, size)
    return np.lib.stride_tricks.as_strided(rows, (rows.shape[0], count, width), strides)


class Silero:
    """Voices by number, each with its own memory; a pass advances any of them by one window.

    Not for use from several threads at once.
    """

    # A pass over more voices than this would hold up everything else for too long: about 2 ms.
    LARGEST_PASS: Final = 32

    def __init__(self, weights: Weights) -> None:
        self._weights = weights
        self._free: list[int] = []
        self._benches: dict[int, _Bench] = {}
        self._context = np.zeros((0, _CONTEXT), np.float32)
        self._hidden = np.zeros((0, _UNITS), np.float32)
        self._cell = np.zeros((0, _UNITS), np.float32)

    def open(self) -> int:
        """Return the number of a voice that has heard nothing yet."""
        if not self._free:
            self._grow()
        voice = self._free.pop()
        for memory in (self._context, self._hidden, self._cell):
            memory[voice] = 0
        return voice

    def close(self, voice: int) -> None:
        """Give a number back."""
        self._free.append(voice)

    def advance(self, voices: Sequence[int], windows: Samples) -> Array:
        """Return the probability of speech for each voice's next window.

        Args:
            voices: at most LARGEST_PASS numbers, none twice.
            windows: one row of 512 samples at 16 kHz for each.
        """
        rows = len(voices)
        bench = self._bench(rows)
        chosen = list(voices)
        self._load(bench, chosen, windows)
        gates = self._encode(bench)
        probability = self._remember(chosen, gates[:rows])
        self._context[chosen] = bench.signal[:rows, WINDOW : WINDOW + _CONTEXT]
        return probability

    def _grow(self) -> None:
        known = len(self._context)
        more = max(8, known)
        self._context, self._hidden, self._cell = (
            np.concatenate([memory, np.zeros((more, memory.shape[1]), np.float32)])
            for memory in (self._context, self._hidden, self._cell)
        )
        self._free = list(range(known + more - 1, known - 1, -1))

    def _bench(self, rows: int) -> _Bench:
        """Return work space for at least `rows`: one for each power of two is kept."""
        size = 1 << (rows - 1).bit_length()
        bench = self._benches.get(size)
        if bench is None:
            bench = self._benches[size] = _Bench(size)
        return bench

    def _load(self, bench: _Bench, voices: list[int], windows: Samples) -> None:
        rows = len(voices)
        signal = bench.signal
        end = _CONTEXT + WINDOW
        signal[:rows, :_CONTEXT] = self._context[voices]
        np.multiply(windows, np.float32(1 / 32768), out=signal[:rows, _CONTEXT:end])
        signal[:, end:] = signal[:, end - 2 : end - 2 - _PADDING : -1]
        bench.joined[:rows, _UNITS:] = self._hidden[voices]

    def _encode(self, bench: _Bench) -> Array:
        """Run the transform and the convolutions; return the memory's four gates before their curves."""
        weights = self._weights
        transformed = _product(bench.frames, weights.transform)
        transformed *= transformed
        magnitude = bench.spectrum[:, 1:-1]
        np.add(transformed[..., :_BINS], transformed[..., _BINS:], out=magnitude)
        np.sqrt(magnitude, out=magnitude)
        _rectified(bench.spectrum_taps, weights.first, bench.wide[:, 1:-1])
        _rectified(bench.wide_taps, weights.second, bench.narrow[:, 1:3])
        third = np.matmul(bench.narrow_taps, weights.third.weight)
        third += weights.third.bias
        np.maximum(third, 0, out=third)
        _rectified(third, weights.fourth, bench.joined[:, :_UNITS])
        gates = np.matmul(bench.joined, weights.memory.weight)
        gates += weights.memory.bias
        return np.tanh(gates, out=gates)

    def _remember(self, voices: list[int], gates: Array) -> Array:
        """Advance the LSTM cell of each voice and return the output unit."""
        fresh = gates[:, 2 * _UNITS : 3 * _UNITS].copy()
        gates *= 0.5
        gates += 0.5
        admit, keep, show = gates[:, :_UNITS], gates[:, _UNITS : 2 * _UNITS], gates[:, 3 * _UNITS :]
        cell = self._cell[voices]
        cell *= keep
        cell += admit * fresh
        hidden = show * np.tanh(cell)
        self._cell[voices] = cell
        self._hidden[voices] = hidden
        output = self._weights.output
        score = np.matmul(np.maximum(hidden, 0), output.weight)[:, 0] + output.bias
        return np.divide(1, 1 + np.exp(-score), dtype=np.float32)


def _rectified(rows: Array, layer: Layer, out: Array) -> None:
    np.maximum(_product(rows, layer.weight) + layer.bias, 0, out=out)


def _product(rows: Array, weight: Array) -> Array:
    """Multiply the last axis. One product over all rows: for overlapping stretches numpy would make one for each."""
    flat = rows.reshape(-1, rows.shape[-1])
    return np.matmul(flat, weight).reshape(*rows.shape[:-1], weight.shape[1])
