/**
 * Microphone → PCM16 frames, on the audio thread.
 *
 * Posts `{pcm: ArrayBuffer, level: number}` for every 60 ms: 960 samples of signed 16-bit little-endian mono at
 * 16 000 Hz, and their root mean square between 0 and 1.
 */
import { Resampler } from "./resampler.js";

const RATE = 16000;
const FRAME_SAMPLES = 960;

class Capture extends AudioWorkletProcessor {
  #resampler = new Resampler(sampleRate, RATE);
  #frame = new Int16Array(FRAME_SAMPLES);
  #filled = 0;
  #energy = 0;

  process([channels]) {
    if (channels.length > 0) {
      for (const sample of this.#resampler.process(mixDown(channels))) {
        this.#take(Math.max(-1, Math.min(1, sample)));
      }
    }
    return true;
  }

  #take(sample) {
    this.#frame[this.#filled] = Math.round(sample * 32767);
    this.#energy += sample * sample;
    this.#filled += 1;
    if (this.#filled === FRAME_SAMPLES) {
      const pcm = this.#frame.buffer;
      this.port.postMessage({ pcm, level: Math.sqrt(this.#energy / FRAME_SAMPLES) }, [pcm]);
      this.#frame = new Int16Array(FRAME_SAMPLES);
      this.#filled = 0;
      this.#energy = 0;
    }
  }
}

function mixDown(channels) {
  if (channels.length === 1) {
    return channels[0];
  }
  return channels[0].map((_, index) => channels.reduce((sum, channel) => sum + channel[index], 0) / channels.length);
}

registerProcessor("capture", Capture);
