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
# Rows of a pass and whose they are.
Rounds = Sequence[tuple[slice | list[int], list[int]]]

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
    seen: Layer
    remembered: Array
    output: Layer


def load_weights(path: Path = WEIGHTS) -> Weights:
    """Read the weights kept beside this module (1.2 MB)."""
    with np.load(path, allow_pickle=False) as arrays:
        get: dict[str, Array] = {name: np.asarray(arrays[name], np.float32) for name in arrays.files}
    # A sigmoid is half a tanh of half its argument: the halving of the three gates is folded in here.
    halves = np.repeat(np.array([0.5, 0.5, 1.0, 0.5], np.float32), _UNITS)
    seen, remembered = (np.ascontiguousarray(get[f"lstm_cell.weight_{of}h"].T * halves) for of in "ih")
    last = get["conv4.weight"][:, :, 1]  # one row remains by then: only the middle tap meets it
    return Weights(
        transform=np.ascontiguousarray(get["stft_conv.weight"].reshape(2 * _BINS, _FRAME).T),
        first=_convolution(get["conv1.weight"], get["conv1.bias"]),
        second=_convolution(get["conv2.weight"], get["conv2.bias"]),
        third=_convolution(get["conv3.weight"], get["conv3.bias"]),
        fourth=Layer(np.ascontiguousarray(last.T), get["conv4.bias"]),
        seen=Layer(seen, (get["lstm_cell.bias_ih"] + get["lstm_cell.bias_hh"]) * halves),
        remembered=remembered,
        output=Layer(get["final_conv.weight"].reshape(_UNITS, 1), get["final_conv.bias"]),
    )


def _convolution(kernel: Array, bias: Array) -> Layer:
    """Lay a kernel (out, in, 3) out for rows that hold three consecutive inputs side by side."""
    return Layer(np.ascontiguousarray(kernel.transpose(2, 1, 0).reshape(-1, kernel.shape[0])), bias)


class _Bench:
    """Work space for a pass over some windows, one row each; the borders stay zero between passes."""

    def __init__(self, signal: Array, spectrum: Array, wide: Array, narrow: Array) -> None:
        rows = len(signal)
        self.signal = signal
        self.spectrum = spectrum
        self.wide = wide
        self.narrow = narrow
        self.frames = _sliding(signal, _FRAMES, _FRAME, _HOP)
        self.spectrum_taps = _sliding(spectrum.reshape(rows, -1), _FRAMES, 3 * _BINS, _BINS)
        self.wide_taps = _sliding(wide.reshape(rows, -1), 2, 3 * _UNITS, 2 * _UNITS)
        self.narrow_taps = narrow.reshape(rows, -1)[:, : 3 * _UNITS // 2]

    @classmethod
    def of(cls, rows: int) -> "_Bench":
        """Make one (about 11 KB a row)."""
        return cls(
            np.zeros((rows, _CONTEXT + WINDOW + _PADDING), np.float32),
            np.zeros((rows, _FRAMES + 2, _BINS), np.float32),
            np.zeros((rows, _FRAMES + 2, _UNITS), np.float32),
            np.zeros((rows, _FRAMES, _UNITS // 2), np.float32),
        )

    def first(self, rows: int) -> "_Bench":
        """Return the first rows of this one as one of their own, in the same memory."""
        return _Bench(self.signal[:rows], self.spectrum[:rows], self.wide[:rows], self.narrow[:rows])


def _sliding(rows: Array, count: int, width: int, step: int) -> Array:
    """View each row as `count` overlapping stretches of `width`, `step` apart, without copying."""
    size = rows.itemsize
    strides = (rows.strides[0], step * size, size)
    return np.lib.stride_tricks.as_strided(rows, (rows.shape[0], count, width), strides)


class Silero:
    """Voices by number, each with its own memory; a pass advances any of them by one window or more.

    Not for use from several threads at once.
    """

    # A pass over more windows than this would hold up everything else for too long: about 2 ms.
    LARGEST_PASS: Final = 64

    def __init__(self, weights: Weights) -> None:
        self._weights = weights
        self._free: list[int] = []
        self._bench = _Bench.of(self.LARGEST_PASS)
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
        """Return the probability of speech for each window.

        Args:
            voices: whose each window is, at most LARGEST_PASS; one that is named again hears its windows in order.
            windows: one row of 512 samples at 16 kHz for each.
        """
        rows = len(voices)
        bench = self._benches.get(rows)
        if bench is None:
            bench = self._benches[rows] = self._bench.first(rows)
        rounds = _rounds(voices)
        self._load(bench, rounds, windows)
        seen = self._encode(bench)
        hidden = np.empty((rows, _UNITS), np.float32)
        for chosen, speaking in rounds:
            hidden[chosen] = self._remember(speaking, seen[chosen])
        output = self._weights.output
        score = np.matmul(np.maximum(hidden, 0, out=hidden), output.weight)[:, 0] + output.bias
        return np.divide(1, 1 + np.exp(-score), dtype=np.float32)

    def _grow(self) -> None:
        known = len(self._context)
        more = max(8, known)
        self._context, self._hidden, self._cell = (
            np.concatenate([memory, np.zeros((more, memory.shape[1]), np.float32)])
            for memory in (self._context, self._hidden, self._cell)
        )
        self._free = list(range(known + more - 1, known - 1, -1))

    def _load(self, bench: _Bench, rounds: Rounds, windows: Samples) -> None:
        signal = bench.signal
        end = _CONTEXT + WINDOW
        np.multiply(windows, np.float32(1 / 32768), out=signal[:, _CONTEXT:end])
        signal[:, end:] = signal[:, end - 2 : end - 2 - _PADDING : -1]
        for chosen, speaking in rounds:
            signal[chosen, :_CONTEXT] = self._context[speaking]
            self._context[speaking] = signal[chosen, WINDOW:end]

    def _encode(self, bench: _Bench) -> Array:
        """Run the transform and the convolutions; return what each window alone tells the memory's four gates."""
        weights = self._weights
        transformed = _product(bench.frames, weights.transform)
        transformed *= transformed
        magnitude = bench.spectrum[:, 1:-1]
        np.add(transformed[..., :_BINS], transformed[..., _BINS:], out=magnitude)
        np.sqrt(magnitude, out=magnitude)
        _rectified(bench.spectrum_taps, weights.first, bench.wide[:, 1:-1])
        _rectified(bench.wide_taps, weights.second, bench.narrow[:, 1:3])
        deep = _rectified(bench.narrow_taps, weights.third)
        deep = _rectified(deep, weights.fourth)
        gates = np.matmul(deep, weights.seen.weight)
        gates += weights.seen.bias
        return gates

    def _remember(self, voices: list[int], gates: Array) -> Array:
        """Advance the LSTM cell of each voice and return what it shows."""
        gates += np.matmul(self._hidden[voices], self._weights.remembered)
        np.tanh(gates, out=gates)
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
        return hidden


def _rounds(voices: Sequence[int]) -> Rounds:
    """Return rows and their voices such that none is twice in a round: first everybody's first window, and so on."""
    if len(set(voices)) == len(voices):
        return [(slice(None), list(voices))]
    rounds: list[tuple[list[int], list[int]]] = []
    heard: dict[int, int] = {}
    for row, voice in enumerate(voices):
        before = heard[voice] = heard.get(voice, -1) + 1
        if before == len(rounds):
            rounds.append(([], []))
        rows, speaking = rounds[before]
        rows.append(row)
        speaking.append(voice)
    return rounds


def _rectified(rows: Array, layer: Layer, out: Array | None = None) -> Array:
    result = _product(rows, layer.weight)
    result += layer.bias
    return np.maximum(result, 0, out=result if out is None else out)


def _product(rows: Array, weight: Array) -> Array:
    """Multiply the last axis. One product over all rows: for overlapping stretches numpy would make one for each."""
    flat = rows.reshape(-1, rows.shape[-1])
    return np.matmul(flat, weight).reshape(*rows.shape[:-1], weight.shape[1])
