/** Speaks the tutor's sentences with the voice of the learner's device. */

/** A device that has not begun to speak after so long has no voice; its sentences are there to be read. */
const START_MS = 1_500;

export class DeviceVoice {
  #progress;
  #over;
  #queue = [];
  #sentence = null;
  #utterance = null;
  #timer = 0;
  #isMute = !("speechSynthesis" in globalThis);

  /**
   * @typedef {{turnId: string, text: string, durationMs: number, positionMs: number}} Sentence
   *   `durationMs` is how long it is likely to take, `positionMs` where it begins in the answer
   *
   * @param {object} listeners
   * @param {(sentence: Sentence, fraction: number) => void} listeners.progress told which part of it has been spoken
   * @param {(sentence: Sentence) => void} listeners.over told when all of it has, or there was time to read it
   */
  constructor({ progress, over }) {
    this.#progress = progress;
    this.#over = over;
  }

  /** 0 to 1; it counts from the next sentence on. */
  volume = 1;

  get isSpeaking() {
    return this.#sentence !== null;
  }

  /** Speak a sentence after those before it. @param {Sentence} sentence */
  speak(sentence) {
    this.#queue.push(sentence);
    if (!this.#sentence) {
      this.#next();
    }
  }

  /** Fall silent at once and forget what was queued. */
  flush() {
    this.#queue = [];
    this.#sentence = null;
    this.#hush();
  }

  #next() {
    this.#sentence = this.#queue.shift() ?? null;
    if (this.#sentence && this.#isMute) {
      this.#timer = setTimeout(() => this.#ended(), this.#sentence.durationMs);
    } else if (this.#sentence) {
      this.#say(this.#sentence);
    }
  }

  #say(sentence) {
    const utterance = new SpeechSynthesisUtterance(sentence.text);
    const listen = (event, then) =>
      utterance.addEventListener(event, (told) => this.#utterance === utterance && then(told));
    utterance.lang = document.documentElement.lang;
    utterance.volume = this.volume;
    listen("start", () => clearTimeout(this.#timer));
    listen("boundary", ({ charIndex }) => this.#progress(sentence, charIndex / sentence.text.length));
    listen("end", () => this.#ended());
    listen("error", () => this.#cannot());
    this.#utterance = utterance;
    this.#timer = setTimeout(() => this.#cannot(), START_MS);
    speechSynthesis.speak(utterance);
  }

  /** There is no voice here: give the learner time to read. */
  #cannot() {
    this.#hush();
    this.#isMute = true;
    this.#queue.unshift(this.#sentence);
    this.#next();
  }

  #ended() {
    const sentence = this.#sentence;
    clearTimeout(this.#timer);
    this.#utterance = null;
    this.#progress(sentence, 1);
    this.#next();
    this.#over(sentence);
  }

  #hush() {
    clearTimeout(this.#timer);
    if (this.#utterance) {
      this.#utterance = null;
      speechSynthesis.cancel();
    }
  }
}
