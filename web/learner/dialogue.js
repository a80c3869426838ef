/** Whose turn it is, what was said and what is heard, as the server's messages tell it. */

/** A sound too short to be speech ends without a transcript; after this long nobody waits for one. */
const TRANSCRIPT_MS = 6_000;
/** The server is told how far its answer was played so often. */
const ACKNOWLEDGE_MS = 250;

export class Dialogue {
  #transcript;
  #notices;
  #speaker;
  #voice;
  #showPicture;
  #changed;
  #acknowledge;
  #hearing = false;
  #thinking = false;
  #answering = false;
  #discarding = false;
  #buffered = 0;
  #played = 0;
  /** The answer being played: its turn, and how many samples the speaker had played when its sound was at 0 ms. */
  #answer = null;
  #acknowledged = 0;
  /** The speaker was silenced, and has not told where yet. */
  #silenced = false;
  /** What waits for its turn: sentences for the end of sound, sound for the end of sentences. */
  #sentences = [];
  #sounds = [];
  #typed = [];
  #transcriptTimer = 0;

  /**
   * @param {object} parts
   * @param {import("./transcript.js").Transcript} parts.transcript
   * @param {import("./notices.js").Notices} parts.notices
   * @param {import("./speaker.js").Speaker} parts.speaker
   * @param {import("./device-voice.js").DeviceVoice} parts.voice
   * @param {(asset: object) => void} parts.showPicture
   * @param {() => void} parts.changed told when something changes by itself
   * @param {(turnId: string, playedMs: number) => void} parts.acknowledge told how much of an answer was played
   */
  constructor({ transcript, notices, speaker, voice, showPicture, changed, acknowledge }) {
    this.#transcript = transcript;
    this.#notices = notices;
    this.#speaker = speaker;
    this.#voice = voice;
    this.#showPicture = showPicture;
    this.#changed = changed;
    this.#acknowledge = acknowledge;
  }

  /** "hearing" the learner, "speaking", "thinking", or "quiet". */
  get activity() {
    if (this.#hearing) {
      return "hearing";
    }
    if (this.#speaks) {
      return "speaking";
    }
    return this.#thinking ? "thinking" : "quiet";
  }

  /** Whether there is an answer to stop. */
  get canStop() {
    return this.#answering || this.#thinking || this.#speaks;
  }

  get #speaks() {
    return this.#buffered > 0 || this.#voice.isSpeaking;
  }

  /** The learner asked in writing. */
  asked(text) {
    this.#notices.clear("turn");
    this.#typed.push(text);
    this.#transcript.learnerSaid(text);
    this.#thinking = true;
  }

  /** Fall silent at once; what is still on its way belongs to the stopped answer and is dropped. */
  stop() {
    this.#silence();
    this.#discarding = this.#answering;
    this.#thinking = false;
    if (!this.#hearing) {
      this.#transcript.learnerSaidNothing();
    }
  }

  /** The connection is gone, and the turn with it. */
  reset() {
    this.#silence();
    this.#answer = null;
    this.#hearing = false;
    this.#turnOver();
  }

  /** Take one of the server's control messages. */
  receive(message) {
    this.#receivers[message.type]?.(message);
  }

  /** Take a piece of the tutor's voice. */
  hear(pcm) {
    if (this.#discarding) {
      return;
    }
    this.#thinking = false;
    if (this.#voice.isSpeaking) {
      this.#sounds.push(pcm);
    } else {
      this.#buffered += this.#speaker.play(pcm);
    }
  }

  /** Take the speaker's report; returns whether playing began or ended. */
  played({ played, buffered }) {
    this.#played = played;
    this.#report(this.#silenced && buffered === 0);
    const changed = this.#buffered > 0 !== buffered > 0;
    this.#buffered = buffered;
    if (buffered === 0) {
      this.#silenced = false;
      this.#sentences.splice(0).forEach((sentence) => this.#voice.speak(sentence));
    }
    return changed;
  }

  /** Take the device's report: so much of a sentence, 0 to 1, was spoken. */
  spoke({ turnId, positionMs, durationMs }, fraction) {
    this.#acknowledge(turnId, Math.floor(positionMs + durationMs * fraction));
  }

  /** The device has spoken a sentence; the sound after it counts from its end. */
  spokeAll({ durationMs }) {
    if (this.#answer) {
      this.#answer.from -= (durationMs * this.#answer.rate) / 1000;
    }
    if (!this.#voice.isSpeaking) {
      this.#sounds.splice(0).forEach((pcm) => this.hear(pcm));
    }
    this.#changed();
  }

  #receivers = {
    vad_start: () => {
      clearTimeout(this.#transcriptTimer);
      this.#hearing = true;
      this.#transcript.learnerSpeaks();
    },
    vad_end: () => {
      this.#hearing = false;
      this.#thinking = true;
      this.#transcriptTimer = setTimeout(() => this.#nothingSaid(), TRANSCRIPT_MS);
    },
    transcript: ({ text }) => this.#heard(text),
    llm_start: () => {
      this.#answering = true;
      this.#thinking = true;
      this.#discarding = false;
      this.#typed = [];
      this.#transcript.tutorStarts();
    },
    llm_token: ({ token }) => this.#transcript.tutorSays(token),
    llm_complete: ({ text }) => this.#transcript.tutorSaid(text),
    tts_start: ({ turn_id, position_ms = 0 }) => {
      const rate = this.#speaker.sampleRate;
      this.#answer = rate ? { turnId: turn_id, rate, from: this.#played - (position_ms * rate) / 1000 } : null;
      this.#acknowledged = position_ms;
    },
    sentence: ({ turn_id, text, duration_ms, position_ms }) => {
      if (this.#discarding) {
        return;
      }
      this.#thinking = false;
      const sentence = { turnId: turn_id, text, durationMs: duration_ms, positionMs: position_ms };
      if (this.#buffered > 0) {
        this.#sentences.push(sentence);
      } else {
        this.#voice.speak(sentence);
      }
    },
    mode: ({ mode }) => {
      this.#notices.clear("voice");
      if (mode === "text") {
        this.#notices.show("voice", "The budget for the tutor's voice is used up. Your device reads instead.");
      }
    },
    visual_asset: ({ asset }) => this.#showPicture(asset),
    interrupted: () => {
      this.#silence();
      this.#discarding = false;
      this.#transcript.interrupted();
    },
    answer_resumed: () => {
      clearTimeout(this.#transcriptTimer);
      this.#hearing = false;
      this.#answering = true;
      this.#thinking = true;
      this.#transcript.learnerSaidNothing();
      this.#transcript.resumed();
    },
    turn_complete: () => this.#turnOver(),
    error: (error) => this.#failed(error),
  };

  /** Fall silent; the speaker's next report says where, and that is told at once. */
  #silence() {
    this.#speaker.flush();
    this.#voice.flush();
    this.#buffered = 0;
    this.#sentences = [];
    this.#sounds = [];
    this.#silenced = true;
  }

  #report(atOnce) {
    if (!this.#answer) {
      return;
    }
    const { turnId, rate, from } = this.#answer;
    const playedMs = Math.max(0, Math.floor(((this.#played - from) / rate) * 1000));
    if (atOnce || playedMs - this.#acknowledged >= ACKNOWLEDGE_MS) {
      this.#acknowledged = playedMs;
      this.#acknowledge(turnId, playedMs);
    }
  }

  #nothingSaid() {
    this.#thinking = this.#answering;
    this.#transcript.learnerSaidNothing();
    this.#changed();
  }

  #heard(text) {
    clearTimeout(this.#transcriptTimer);
    this.#notices.clear("turn");
    this.#hearing = false;
    this.#discarding = false;
    if (this.#typed[0] === text) {
      this.#typed.shift();
    } else if (text.trim()) {
      this.#transcript.learnerSaid(text);
    } else {
      this.#thinking = false;
      this.#transcript.learnerSaidNothing();
      this.#notices.show("turn", "That was not clear enough to understand. Say it again, or type it.");
    }
  }

  #turnOver() {
    clearTimeout(this.#transcriptTimer);
    this.#answering = false;
    this.#thinking = false;
    this.#discarding = false;
    if (!this.#hearing) {
      this.#transcript.learnerSaidNothing();
    }
    this.#transcript.turnEnds();
  }

  #failed({ message, recoverable }) {
    clearTimeout(this.#transcriptTimer);
    this.#thinking = false;
    this.#hearing = false;
    this.#transcript.learnerSaidNothing();
    const sentence = message.charAt(0).toUpperCase() + message.slice(1).replace(/[.!]?$/, ".");
    const advice = recoverable && !message.includes("again") ? " You can ask again." : "";
    this.#notices.show("turn", sentence + advice);
  }
}
