/**
 * A ring of samples waiting to be played, safe against a network that delivers them unevenly.
 *
 * Playing starts when a small lead has gathered, or when the first sample has waited long enough (a short answer
 * may never fill the lead). When the ring runs dry the output fades instead of clicking, and the lead gathers again.
 */

const CAPACITY_SECONDS = 30;
const LEAD_SECONDS = 0.1;
const PATIENCE_SECONDS = 0.2;
const FADE_SECONDS = 0.003;

export class PlaybackBuffer {
  #ring;
  #read = 0;
  #length = 0;
  #lead;
  #patience;
  #fade;
  #waited = 0;
  #playing = false;
  #last = 0;

  /** @param {number} rate samples per second of what is pushed and pulled */
  constructor(rate) {
    this.#ring = new Float32Array(CAPACITY_SECONDS * rate);
    this.#lead = LEAD_SECONDS * rate;
    this.#patience = PATIENCE_SECONDS * rate;
    this.#fade = Math.exp(-1 / (FADE_SECONDS * rate));
  }

  /** Samples not played yet. */
  get length() {
    return this.#length;
  }

  /** Add samples at the end; beyond 30 seconds the oldest make room. */
  push(pcm16) {
    for (const sample of pcm16) {
      this.#ring[(this.#read + this.#length) % this.#ring.length] = sample / 32768;
      if (this.#length < this.#ring.length) {
        this.#length += 1;
      } else {
        this.#read = (this.#read + 1) % this.#ring.length;
      }
    }
  }

  /** Fill `output` completely and return how many of its samples were waiting here; the rest is silence. */
  pull(output) {
    if (!this.#playing && this.#length > 0) {
      this.#waited += output.length;
      this.#playing = this.#length >= this.#lead || this.#waited >= this.#patience;
    }
    const count = this.#playing ? Math.min(this.#length, output.length) : 0;
    for (let index = 0; index < count; index += 1) {
      this.#last = this.#ring[(this.#read + index) % this.#ring.length];
      output[index] = this.#last;
    }
    this.#read = (this.#read + count) % this.#ring.length;
    this.#length -= count;
    this.#silence(output, count);
    return count;
  }

  /** Drop everything not played yet. */
  flush() {
    this.#length = 0;
    this.#playing = false;
    this.#waited = 0;
  }

  #silence(output, from) {
    for (let index = from; index < output.length; index += 1) {
      this.#last *= this.#fade;
      output[index] = this.#last;
    }
    if (this.#length === 0) {
      this.flush();
    }
  }
}
