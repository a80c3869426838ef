/** Plays the tutor's voice. */

export class Speaker {
  #context = null;
  #node = null;
  #gain = null;
  #volume = 1;
  #opening = null;
  #waiting = [];
  #onStatus;

  /**
   * @param {(status: {played: number, buffered: number, level: number}) => void} onStatus
   *   told many times a second while something plays, and when it falls silent
   */
  constructor(onStatus) {
    this.#onStatus = onStatus;
  }

  /**
   * Get ready to play PCM16 mono at this rate. The first call belongs inside a click or key handler: browsers let no
   * page make a sound before one. Returns whether sound is possible here.
   */
  async open(sampleRate) {
    if (this.#context?.sampleRate !== sampleRate) {
      this.close();
      this.#opening = this.#build(sampleRate);
    }
    try {
      await this.#opening;
    } catch (error) {
      if (!(error instanceof DOMException)) {
        throw error;
      }
      this.close();
    }
    return this.#node !== null;
  }

  /**
   * Queue samples, unless sound is impossible here.
   * @param {ArrayBuffer} pcm signed 16-bit little-endian mono at the rate given to `open`
   * @returns {number} how many were queued
   */
  play(pcm) {
    if (!this.#context) {
      return 0;
    }
    const samples = pcm.byteLength / 2;
    if (this.#node) {
      this.#node.port.postMessage(pcm, [pcm]);
    } else {
      this.#waiting.push(pcm);
    }
    return samples;
  }

  /** Samples a second of what is played, now or once everything is loaded; 0 where no sound is possible. */
  get sampleRate() {
    return this.#context?.sampleRate ?? 0;
  }

  /** Fall silent at once and forget what was queued. */
  flush() {
    this.#waiting = [];
    this.#node?.port.postMessage("flush");
  }

  /** @param {number} volume 0 to 1 */
  set volume(volume) {
    this.#volume = volume;
    if (this.#gain) {
      this.#gain.gain.value = volume;
    }
  }

  close() {
    this.#context?.close();
    this.#context = null;
    this.#node = null;
    this.#gain = null;
    this.#waiting = [];
  }

  async #build(sampleRate) {
    if (!("audioWorklet" in AudioContext.prototype)) {
      return;
    }
    const context = new AudioContext({ sampleRate, latencyHint: "interactive" });
    this.#context = context;
    context.resume();
    await context.audioWorklet.addModule(new URL("playback-worklet.js", import.meta.url));
    if (this.#context !== context) {
      return;
    }
    this.#gain = new GainNode(context, { gain: this.#volume });
    this.#node = new AudioWorkletNode(context, "playback", { numberOfInputs: 0, outputChannelCount: [1] });
    this.#node.port.onmessage = ({ data }) => this.#onStatus(data);
    this.#node.connect(this.#gain).connect(context.destination);
    this.#waiting.splice(0).forEach((pcm) => this.play(pcm));
  }
}
