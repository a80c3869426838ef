/**
 * Plays PCM16 on the audio thread.
 *
 * Takes an `ArrayBuffer` of signed 16-bit little-endian mono at the context's rate, or `"flush"` to fall silent at
 * once. While it plays, and whenever it falls silent, posts `{played, buffered, level}`: samples played since the
 * start, samples waiting, and the root mean square (0 to 1) of what was played since the last report.
 */
import { PlaybackBuffer } from "./playback-buffer.js";

const REPORT_SECONDS = 0.05;

class Playback extends AudioWorkletProcessor {
  #buffer = new PlaybackBuffer(sampleRate);
  #played = 0;
  #energy = 0;
  #sinceReport = 0;

  constructor() {
    super();
    this.port.onmessage = ({ data }) => this.#receive(data);
  }

  process(_inputs, [[output]]) {
    const count = this.#buffer.pull(output);
    this.#measure(output, count);
    const fellSilent = count > 0 && this.#buffer.length === 0;
    if (fellSilent || this.#sinceReport >= REPORT_SECONDS * sampleRate) {
      this.#report();
    }
    return true;
  }

  #receive(data) {
    if (data === "flush") {
      this.#buffer.flush();
      this.#report();
    } else {
      this.#buffer.push(new Int16Array(data));
    }
  }

  #measure(output, count) {
    this.#played += count;
    this.#sinceReport += count;
    for (let index = 0; index < count; index += 1) {
      this.#energy += output[index] * output[index];
    }
  }

  #report() {
    const level = this.#sinceReport > 0 ? Math.sqrt(this.#energy / this.#sinceReport) : 0;
    this.port.postMessage({ played: this.#played, buffered: this.#buffer.length, level });
    this.#sinceReport = 0;
    this.#energy = 0;
  }
}

registerProcessor("playback", Playback);
