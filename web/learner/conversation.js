/** One lesson's conversation: its session, the voice socket, the microphone and the speaker. */
import { DeviceVoice } from "./device-voice.js";
import { Dialogue } from "./dialogue.js";
import { Microphone } from "./microphone.js";
import { ApiError } from "./session.js";
import { VoiceSocket } from "./socket.js";
import { Speaker } from "./speaker.js";

const OUTPUT_RATE = 24000;
const CONFIG = {
  type: "config",
  sample_rate: 16000,
  channels: 1,
  format: "pcm16",
  vad_enabled: true,
  vad_threshold: 0.5,
  hands_free: true,
  output_sample_rate: OUTPUT_RATE,
};

export class Conversation {
  #api;
  #transcript;
  #notices;
  #listeners;
  #speaker = new Speaker((status) => this.#played(status));
  #voice = new DeviceVoice({
    progress: (sentence, fraction) => this.#dialogue.spoke(sentence, fraction),
    over: (sentence) => this.#dialogue.spokeAll(sentence),
  });
  #microphone = new Microphone({
    onFrame: (pcm) => this.#socket?.sendAudio(pcm),
    onLevel: (level) => this.#listeners.level(level),
    onLost: () => this.#microphoneFailed("The microphone was unplugged. Plug it in again, or type your question."),
  });
  #dialogue;
  #lesson = null;
  #sessionId = null;
  #socket = null;
  #unsent = [];
  #connection = "idle";
  #microphoneState = "off";

  /**
   * @param {object} parts
   * @param {import("./session.js").Api} parts.api
   * @param {import("./transcript.js").Transcript} parts.transcript
   * @param {import("./notices.js").Notices} parts.notices
   * @param {object} parts.listeners
   *   `change(state)` after anything a control shows has changed; `started(seconds)` with the age of the session;
   *   `level(0..1)` of the microphone; `playback(status)` of the speaker; `picture(asset)` the tutor shows;
   *   `needsToken()` resolves when the learner has given one
   */
  constructor({ api, transcript, notices, listeners }) {
    this.#api = api;
    this.#transcript = transcript;
    this.#notices = notices;
    this.#listeners = listeners;
    this.#dialogue = new Dialogue({
      transcript,
      notices,
      speaker: this.#speaker,
      voice: this.#voice,
      showPicture: listeners.picture,
      changed: () => this.#changed(),
      acknowledge: (turnId, playedMs) =>
        this.#socket?.send({ type: "playback_ack", turn_id: turnId, played_ms: playedMs }),
    });
  }

  /**
   * What the controls show: `connection` idle, connecting, live, reconnecting or ended; `microphone` off, asking, on,
   * muted or unavailable; `activity` of the dialogue; `canStop` an answer.
   */
  get state() {
    return {
      connection: this.#connection,
      microphone: this.#microphoneState,
      activity: this.#dialogue.activity,
      canStop: this.#dialogue.canStop,
    };
  }

  set volume(volume) {
    this.#speaker.volume = volume;
    this.#voice.volume = volume;
  }

  /** Turn to a lesson; one that was left unfinished in this tab shows what was said, and goes on when asked. */
  async choose(curriculumId, topicId) {
    this.leave();
    this.#lesson = { curriculumId, topicId };
    this.#sessionId = null;
    this.#unsent = [];
    this.#transcript.clear();
    this.#set("idle");
    const unfinished = sessionStorage.getItem(keyOf(this.#lesson));
    if (unfinished) {
      await this.#recall(unfinished);
    }
  }

  /** Talk by microphone; call it from a click or key handler, so that the browser allows sound. */
  async talk() {
    this.#begin();
    this.#setMicrophone("asking");
    this.#notices.clear("microphone");
    try {
      await this.#microphone.open();
    } catch (error) {
      this.#microphoneFailed(`${error.message} You can type meanwhile.`);
      return;
    }
    if (this.#isOver) {
      this.#microphone.close();
    }
    this.#setMicrophone(this.#isOver ? "off" : "on");
  }

  mute(muted) {
    this.#microphone.mute(muted);
    this.#setMicrophone(muted ? "muted" : "on");
  }

  /** Ask in writing. */
  ask(text) {
    this.#begin();
    this.stop();
    this.#dialogue.asked(text);
    this.#send({ type: "text_input", text });
    this.#changed();
  }

  /** Stop the answer that is being given. */
  stop() {
    if (this.#dialogue.canStop) {
      this.#dialogue.stop();
      this.#socket?.send({ type: "cancel" });
      this.#changed();
    }
  }

  /** Finish the lesson for good. */
  async end() {
    const sessionId = this.#sessionId;
    this.#disconnect("ended");
    sessionStorage.removeItem(keyOf(this.#lesson));
    await this.#attempt(() => this.#api.endSession(sessionId));
  }

  /** Leave the lesson unfinished; the session waits for the learner to come back. */
  leave() {
    if (!this.#isOver) {
      this.#disconnect("idle");
    }
  }

  get #isOver() {
    return this.#connection === "idle" || this.#connection === "ended";
  }

  /** Show what was said in a session of this tab, unless it is over or the learner has begun anew. */
  async #recall(sessionId) {
    const lesson = this.#lesson;
    if (!(await this.#unfinished(sessionId))) {
      sessionStorage.removeItem(keyOf(lesson));
      return;
    }
    const turns = await this.#api.recentTurns(sessionId);
    if (lesson === this.#lesson && this.#connection === "idle") {
      this.#transcript.recall(turns);
      this.#sessionId = sessionId;
    }
  }

  /** The session, or null when the server does not have it any more or it has ended. */
  async #unfinished(sessionId) {
    try {
      const session = await this.#api.session(sessionId);
      return session.status === "ended" ? null : session;
    } catch (error) {
      if (error instanceof ApiError && error.status === 404) {
        return null;
      }
      throw error;
    }
  }

  /** Make the connection unless it is there or on its way. */
  #begin() {
    if (!this.#isOver) {
      return;
    }
    if (this.#connection === "ended") {
      this.#sessionId = null;
      this.#transcript.clear();
    }
    this.#notices.clearAll();
    this.#openSpeaker(OUTPUT_RATE);
    this.#connect();
  }

  async #connect() {
    this.#set("connecting");
    const lesson = this.#lesson;
    const session = await this.#attempt(() => this.#openSession(lesson));
    if (this.#connection !== "connecting" || lesson !== this.#lesson) {
      return;
    }
    if (!session) {
      this.#disconnect("idle");
      return;
    }
    this.#sessionId = session.id;
    sessionStorage.setItem(keyOf(lesson), session.id);
    this.#listeners.started(session.duration_seconds ?? 0);
    this.#socket = new VoiceSocket({
      address: () => this.#api.socketAddress(session.id),
      config: CONFIG,
      listeners: {
        message: (message) => this.#receive(message),
        audio: (pcm) => this.#hear(pcm),
        waiting: (delayMs) => this.#reconnecting(delayMs),
        stopped: (step) => this.#stopped(step),
      },
    });
    this.#unsent.splice(0).forEach((message) => this.#socket.send(message));
  }

  async #openSession({ curriculumId, topicId }) {
    const unfinished = this.#sessionId && (await this.#unfinished(this.#sessionId));
    const session = unfinished || (await this.#api.createSession(curriculumId, topicId));
    switch (session.status) {
      case "created":
        return this.#api.startSession(session.id);
      case "paused":
        return this.#api.resumeSession(session.id);
      default:
        return session;
    }
  }

  #send(message) {
    if (this.#socket) {
      this.#socket.send(message);
    } else {
      this.#unsent.push(message);
    }
  }

  #receive(message) {
    if (message.type === "ready") {
      this.#notices.clear("connection");
      this.#notices.clear("turn");
      this.#connection = "live";
      this.#openSpeaker(message.sample_rate);
    }
    this.#dialogue.receive(message);
    this.#changed();
  }

  #hear(pcm) {
    this.#dialogue.hear(pcm);
    this.#changed();
  }

  async #openSpeaker(sampleRate) {
    if (!(await this.#speaker.open(sampleRate))) {
      this.#notices.show("sound", "Sound cannot be played here: it needs a secure (https) page. You can read along.");
    }
  }

  #played(status) {
    this.#listeners.playback(status);
    if (this.#dialogue.played(status)) {
      this.#changed();
    }
  }

  /** The socket tries again by itself; meanwhile the API may know why it fails. */
  async #reconnecting(delayMs) {
    this.#dialogue.reset();
    this.#set("reconnecting");
    const soon = delayMs < 2_000 ? "now" : `in ${Math.round(delayMs / 1_000)} seconds`;
    this.#notices.show("connection", `The connection was lost. Reconnecting ${soon}; what was said is safe.`);
    try {
      await this.#api.session(this.#sessionId);
    } catch (error) {
      if (!(error instanceof ApiError)) {
        throw error;
      }
      if (error.status === 401) {
        this.#stopped("sign-in");
      } else if (error.status === 404) {
        this.#stopped("new-session");
      }
    }
  }

  #stopped(step) {
    this.#socket?.close();
    this.#socket = null;
    this.#dialogue.reset();
    this.#notices.clear("connection");
    this.#afterwards[step]();
  }

  #afterwards = {
    "new-session": () => {
      this.#sessionId = null;
      this.#connect();
    },
    "sign-in": () => this.#signIn(),
    "give-up": () => this.#pauseBecause("The server cannot be reached.", "Try again"),
    elsewhere: () => this.#pauseBecause("This lesson goes on in another window.", "Continue here"),
    ended: () => {
      this.#disconnect("ended");
      this.#notices.show("session", "This lesson was ended. Ask again to start a new one.");
    },
  };

  /** Disconnect, say why, and offer to go on with the same session. */
  #pauseBecause(text, label) {
    this.#disconnect("idle");
    this.#notices.show("connection", text, { label, run: () => this.#begin() });
  }

  async #signIn() {
    this.#disconnect("idle");
    await this.#listeners.needsToken();
    this.#begin();
  }

  #disconnect(connection) {
    this.#socket?.close();
    this.#socket = null;
    this.#microphone.close();
    this.#microphoneState = "off";
    this.#dialogue.reset();
    this.#set(connection);
  }

  #microphoneFailed(text) {
    this.#notices.show("microphone", text);
    this.#setMicrophone("unavailable");
  }

  /** Run a request; when it is refused, say why and what to do, and return null. */
  async #attempt(request) {
    try {
      return await request();
    } catch (error) {
      if (!(error instanceof ApiError)) {
        throw error;
      }
      if (error.status === 401) {
        this.#signIn();
      } else {
        this.#notices.show("session", `${error.message} ${error.advice}`.trim());
      }
      return null;
    }
  }

  #setMicrophone(state) {
    this.#microphoneState = state;
    this.#changed();
  }

  #set(connection) {
    this.#connection = connection;
    this.#changed();
  }

  #changed() {
    this.#listeners.change(this.state);
  }
}

/** Where this tab keeps the session of a lesson that was begun. */
function keyOf({ curriculumId, topicId }) {
  return `unamentis.session.${curriculumId}.${topicId}`;
}
