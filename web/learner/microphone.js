/** The learner's microphone, as 60 ms frames of PCM16 mono at 16 000 Hz. */

const CONSTRAINTS = {
  audio: { channelCount: 1, echoCancellation: true, noiseSuppression: true, autoGainControl: true },
};
/** After muting, this many silent frames go out (1.5 s), so that the server hears the end of what was being said. */
const SILENT_FRAMES = 25;

/** The microphone cannot be used; `message` says why and what the learner can do. */
export class MicrophoneUnavailable extends Error {}

export class Microphone {
  #context = null;
  #stream = null;
  #muted = false;
  #silentFrames = 0;
  #onFrame;
  #onLevel;
  #onLost;

  /**
   * @param {object} listeners
   * @param {(pcm: ArrayBuffer) => void} listeners.onFrame every frame while the microphone is open
   * @param {(level: number) => void} listeners.onLevel loudness of each frame, 0 to 1; 0 while muted
   * @param {() => void} listeners.onLost the device went away
   */
  constructor({ onFrame, onLevel, onLost }) {
    this.#onFrame = onFrame;
    this.#onLevel = onLevel;
    this.#onLost = onLost;
  }

  get isOpen() {
    return this.#stream !== null;
  }

  get isMuted() {
    return this.#muted;
  }

  /** Ask for the microphone and start sending frames. Raises MicrophoneUnavailable. */
  async open() {
    if (!navigator.mediaDevices || !("audioWorklet" in AudioContext.prototype)) {
      throw new MicrophoneUnavailable("The browser offers the microphone only on a secure (https) page.");
    }
    try {
      this.#stream = await navigator.mediaDevices.getUserMedia(CONSTRAINTS);
      await this.#capture();
    } catch (error) {
      this.close();
      throw new MicrophoneUnavailable(explain(error), { cause: error });
    }
    this.#muted = false;
    this.#stream.getAudioTracks()[0].addEventListener("ended", () => this.#lose());
  }

  /** Send silence instead of the learner's voice, then nothing; or listen again. */
  mute(muted) {
    this.#muted = muted;
    this.#silentFrames = 0;
  }

  close() {
    this.#stream?.getTracks().forEach((track) => track.stop());
    this.#stream = null;
    this.#context?.close();
    this.#context = null;
    this.#onLevel(0);
  }

  async #capture() {
    this.#context = new AudioContext({ latencyHint: "interactive" });
    await this.#context.audioWorklet.addModule(new URL("capture-worklet.js", import.meta.url));
    const capture = new AudioWorkletNode(this.#context, "capture", { numberOfOutputs: 0 });
    capture.port.onmessage = ({ data }) => this.#take(data);
    this.#context.createMediaStreamSource(this.#stream).connect(capture);
    await this.#context.resume();
  }

  #take({ pcm, level }) {
    if (!this.#muted) {
      this.#onFrame(pcm);
      this.#onLevel(level);
    } else if (this.#silentFrames < SILENT_FRAMES) {
      this.#silentFrames += 1;
      this.#onFrame(new ArrayBuffer(pcm.byteLength));
      this.#onLevel(0);
    }
  }

  #lose() {
    this.close();
    this.#onLost();
  }
}

function explain(error) {
  switch (error.name) {
    case "NotAllowedError":
      return "The microphone is blocked. Allow it for this page in the browser's site settings, then try again.";
    case "NotFoundError":
    case "OverconstrainedError":
      return "No microphone was found. Plug one in, then try again.";
    case "NotReadableError":
      return "Another program is using the microphone. Close it, then try again.";
    default:
      return `The microphone could not be started (${error.message}).`;
  }
}
