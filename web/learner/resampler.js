/**
 * Streaming sample-rate conversion by a polyphase windowed-sinc filter.
 *
 * The two rates are reduced to a fraction, so every output sample falls on one of a small number of phases
 * whose filters are computed once: one phase for 48 000 → 16 000 Hz, 160 for 44 100 → 16 000 Hz.
 */

/** Zero crossings of the sinc on each side of its centre; more is sharper and slower. */
const ZERO_CROSSINGS = 16;
/** Where the passband ends, as a share of the lower rate's Nyquist frequency. */
const ROLL_OFF = 0.92;

export class Resampler {
  #step;
  #phases;
  #filters;
  #pending;
  #position;
  #phase = 0;

  /**
   * @param {number} from rate of the samples given to `process`, in Hz, an integer
   * @param {number} to rate of the samples it returns, in Hz, an integer
   */
  constructor(from, to) {
    const divisor = greatestCommonDivisor(from, to);
    this.#step = from / divisor;
    this.#phases = to / divisor;
    const cutoff = Math.min(1, to / from) * (from === to ? 1 : ROLL_OFF);
    const reach = Math.ceil(ZERO_CROSSINGS / cutoff);
    this.#filters = Array.from({ length: this.#phases }, (_, phase) =>
      lowPass(phase / this.#phases, reach, cutoff),
    );
    this.#pending = new Float32Array(reach - 1);
    this.#position = 0;
  }

  /**
   * Convert the next samples of the stream.
   * @param {Float32Array} samples mono, -1 to 1
   * @returns {Float32Array} as many samples as are complete; the last few wait for the next call
   */
  process(samples) {
    const input = new Float32Array(this.#pending.length + samples.length);
    input.set(this.#pending);
    input.set(samples, this.#pending.length);
    const taps = this.#filters[0].length;
    const output = [];
    while (this.#position + taps <= input.length) {
      output.push(dot(this.#filters[this.#phase], input, this.#position));
      this.#phase += this.#step;
      this.#position += Math.floor(this.#phase / this.#phases);
      this.#phase %= this.#phases;
    }
    const used = Math.min(this.#position, input.length);
    this.#pending = input.slice(used);
    this.#position -= used;
    return Float32Array.from(output);
  }
}

/** The filter that reads the signal `offset` of a sample after the tap in its middle. */
function lowPass(offset, reach, cutoff) {
  const taps = Float32Array.from({ length: 2 * reach }, (_, index) => {
    const distance = index - (reach - 1) - offset;
    const window = 0.5 + 0.5 * Math.cos((Math.PI * distance) / (reach + 1));
    return cutoff * sinc(cutoff * distance) * window;
  });
  const gain = taps.reduce((sum, tap) => sum + tap, 0);
  return taps.map((tap) => tap / gain);
}

function sinc(x) {
  return x === 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x);
}

function dot(filter, samples, start) {
  let sum = 0;
  for (let index = 0; index < filter.length; index += 1) {
    sum += filter[index] * samples[start + index];
  }
  return sum;
}

function greatestCommonDivisor(a, b) {
  return b === 0 ? a : greatestCommonDivisor(b, a % b);
}
