/** The voice socket of one session, kept open through lost connections. */

const FIRST_DELAY_MS = 500;
const LONGEST_DELAY_MS = 10_000;
const RATE_LIMITED_DELAY_MS = 8_000;
const MOST_ATTEMPTS = 10;
/** Ask for a sign of life after this much silence from the server, and give up after as much again. */
const QUIET_MS = 20_000;
/** Microphone frames kept while the connection is made: 2 s of 60 ms frames. Older speech is not worth an answer. */
const MOST_WAITING_FRAMES = 33;
/** Bytes the browser may hold unsent (2 s of audio) before frames are dropped. */
const MOST_UNSENT_BYTES = 64_000;
/** A close of ours that says the server stopped answering; handled like a connection lost on the way. */
const NO_ANSWER = 4900;
const LOST = 1006;
const REFUSED = 1008;
const RATE_LIMITED = 4002;
/** Close codes after which the same connection is not tried again. */
const FINAL_STEPS = { 1000: "elsewhere", 1008: "sign-in", 4000: "ended", 4001: "new-session" };

/**
 * What to do after the socket closed.
 *
 * @param {number} code the close code
 * @param {number} attempt how many attempts failed since the last good connection
 * @param {() => number} random 0 to 1, for the jitter
 * @returns {{step: "retry", delayMs: number} | {step: string}} another step is "ended", "elsewhere" (the server says a
 *   plain goodbye when a newer connection took the session over), "new-session", "sign-in" or "give-up"
 */
export function afterClose(code, attempt, random = Math.random) {
  if (code in FINAL_STEPS) {
    return { step: FINAL_STEPS[code] };
  }
  if (attempt >= MOST_ATTEMPTS) {
    return { step: "give-up" };
  }
  const least = code === RATE_LIMITED ? RATE_LIMITED_DELAY_MS : FIRST_DELAY_MS;
  const delay = Math.max(least, Math.min(LONGEST_DELAY_MS, FIRST_DELAY_MS * 2 ** attempt));
  return { step: "retry", delayMs: Math.round(delay * (0.75 + 0.5 * random())) };
}

/** The close code that means what a refused or lost request for the address does. */
function closeCodeOf(error) {
  if (error.status === undefined) {
    throw error; // a fault of the page, not an answer
  }
  return error.needsToken ? REFUSED : error.status === 429 ? RATE_LIMITED : LOST;
}

export class VoiceSocket {
  #address;
  #config;
  #listeners;
  #socket = null;
  #ready = false;
  #closed = false;
  #attempt = 0;
  #plannedDelayMs = null;
  #retryTimer = 0;
  #quietTimer = 0;
  #waitingFrames = [];
  #waitingMessages = [];
  #retryNow = () => this.#retryTimer && this.#connect();

  /**
   * @param {object} options
   * @param {() => Promise<URL>} options.address asked before each attempt, since an address is good for one connection;
   *   it may throw an ApiError
   * @param {object} options.config the first message of every connection
   * @param {object} options.listeners
   *   `message(object)` for every control message, `audio(ArrayBuffer)` for the tutor's voice,
   *   `waiting(delayMs)` when the connection was lost and will be made again,
   *   `stopped(step)` when it will not, with a step of `afterClose`
   */
  constructor({ address, config, listeners }) {
    this.#address = address;
    this.#config = config;
    this.#listeners = listeners;
    addEventListener("online", this.#retryNow);
    this.#connect();
  }

  /** Send a control message; before the server is ready it waits. */
  send(message) {
    if (this.#ready) {
      this.#socket.send(JSON.stringify(message));
    } else {
      this.#waitingMessages.push(message);
    }
  }

  /** Send 60 ms of the learner's voice. */
  sendAudio(pcm) {
    if (!this.#ready) {
      this.#waitingFrames.push(pcm);
      this.#waitingFrames.splice(0, this.#waitingFrames.length - MOST_WAITING_FRAMES);
    } else if (this.#socket.bufferedAmount < MOST_UNSENT_BYTES) {
      this.#socket.send(pcm);
    }
  }

  close() {
    this.#closed = true;
    this.#ready = false;
    clearTimeout(this.#retryTimer);
    clearTimeout(this.#quietTimer);
    removeEventListener("online", this.#retryNow);
    this.#socket?.close(1000);
  }

  async #connect() {
    clearTimeout(this.#retryTimer);
    this.#retryTimer = 0;
    let address;
    try {
      address = await this.#address();
    } catch (error) {
      this.#goOn(closeCodeOf(error));
      return;
    }
    if (this.#closed) {
      return;
    }
    const socket = new WebSocket(address);
    socket.binaryType = "arraybuffer";
    socket.onopen = () => socket.send(JSON.stringify(this.#config));
    socket.onmessage = ({ data }) => this.#receive(data);
    socket.onclose = ({ code }) => this.#lost(socket, code);
    this.#socket = socket;
    this.#watch(socket);
  }

  #receive(data) {
    if (this.#closed) {
      return;
    }
    this.#watch(this.#socket);
    if (typeof data !== "string") {
      this.#listeners.audio(data);
      return;
    }
    const message = JSON.parse(data);
    if (message.type === "ready") {
      this.#becomeReady();
    } else if (message.type === "reconnect") {
      this.#plannedDelayMs = message.delay_ms;
    }
    this.#listeners.message(message);
  }

  #becomeReady() {
    this.#ready = true;
    this.#attempt = 0;
    for (const message of this.#waitingMessages.splice(0)) {
      this.#socket.send(JSON.stringify(message));
    }
    for (const pcm of this.#waitingFrames.splice(0)) {
      this.#socket.send(pcm);
    }
  }

  #lost(socket, code) {
    if (socket === this.#socket) {
      this.#goOn(code);
    }
  }

  #goOn(code) {
    if (this.#closed) {
      return;
    }
    this.#ready = false;
    clearTimeout(this.#quietTimer);
    const planned = this.#plannedDelayMs;
    this.#plannedDelayMs = null;
    const next = planned === null ? afterClose(code, this.#attempt) : { step: "retry", delayMs: planned };
    if (next.step !== "retry") {
      this.close();
      this.#listeners.stopped(next.step);
      return;
    }
    this.#attempt += 1;
    this.#retryTimer = setTimeout(() => this.#connect(), next.delayMs);
    this.#listeners.waiting(next.delayMs);
  }

  /** Notice a connection that died without a word, as a phone's does when it changes networks. */
  #watch(socket) {
    clearTimeout(this.#quietTimer);
    this.#quietTimer = setTimeout(() => {
      if (socket.readyState === WebSocket.OPEN) {
        socket.send(JSON.stringify({ type: "ping" }));
      }
      this.#quietTimer = setTimeout(() => {
        socket.close(NO_ANSWER);
        this.#lost(socket, LOST);
        socket.onclose = null;
      }, QUIET_MS);
    }, QUIET_MS);
  }
}
