/** The buttons, fields and lamps round the conversation. */

const CONNECTIONS = {
  idle: "Not connected",
  connecting: "Connecting",
  live: "Connected",
  reconnecting: "Reconnecting",
  ended: "Ended",
};
const ACTIVITIES = { hearing: "Hearing you", speaking: "Speaking. Talk to interrupt.", thinking: "Thinking" };
const MICROPHONES = {
  on: { label: "Mute", icon: "microphone" },
  muted: { label: "Unmute", icon: "microphone-off" },
  asking: { label: "Allow the microphone", icon: "microphone" },
  unavailable: { label: "Try the microphone", icon: "microphone-off" },
  off: { label: "Start talking", icon: "microphone" },
};
const VOLUME_KEY = "unamentis.volume";
/** Loudness, as a root mean square, that fills the meter. */
const FULL_LEVEL = 0.2;

export class Controls {
  #root;
  #conversation;
  #startedAt = null;
  #timer = 0;

  /** @param {ParentNode} root holds the elements by their ids */
  constructor(root) {
    this.#root = root;
  }

  /** Let the controls act on a conversation. */
  attach(conversation) {
    this.#conversation = conversation;
    this.#on("talk", "click", () => this.#talk());
    this.#on("stop", "click", () => conversation.stop());
    this.#on("end", "click", () => conversation.end());
    this.#on("compose", "submit", (event) => this.#ask(event));
    this.#on("volume", "input", ({ target }) => this.#setVolume(target.value));
    document.addEventListener("keydown", (event) => this.#key(event));
    this.#element("volume").value = localStorage.getItem(VOLUME_KEY) ?? "100";
    this.#setVolume(this.#element("volume").value);
    this.show(conversation.state);
  }

  /** Show the state of the conversation. */
  show({ connection, microphone, activity, canStop }) {
    const lamp = this.#element("connection");
    lamp.textContent = CONNECTIONS[connection];
    lamp.dataset.state = connection;
    this.#element("activity").textContent = activityText(connection, microphone, activity);
    this.#element("orb").dataset.activity = connection === "live" ? activity : "off";
    this.#element("stop").disabled = !canStop;
    this.#element("end").disabled = connection !== "live" && connection !== "reconnecting";
    this.#showMicrophone(microphone);
    if (connection === "idle" || connection === "ended") {
      this.#stopTimer();
    }
  }

  /** Start counting the lesson's time. @param {number} seconds that have passed already */
  startTimer(seconds) {
    this.#stopTimer();
    this.#startedAt = Date.now() - seconds * 1000;
    this.#showTime();
    this.#timer = setInterval(() => this.#showTime(), 1000);
  }

  resetTimer() {
    this.#stopTimer();
    this.#element("timer").textContent = "0:00";
  }

  /** @param {number} level of the microphone, 0 to 1 */
  showLevel(level) {
    this.#element("meter").style.setProperty("--level", Math.min(1, Math.sqrt(level / FULL_LEVEL)).toFixed(2));
  }

  /** @param {number} level of the tutor's voice, 0 to 1 */
  showVoice(level) {
    this.#element("orb").style.setProperty("--level", Math.min(1, Math.sqrt(level / FULL_LEVEL)).toFixed(2));
  }

  #showMicrophone(microphone) {
    const { label, icon } = MICROPHONES[microphone];
    const button = this.#element("talk");
    button.querySelector("span").textContent = label;
    button.querySelector("use").setAttribute("href", `/icons.svg#${icon}`);
    button.dataset.microphone = microphone;
    button.disabled = microphone === "asking";
  }

  #talk() {
    const { microphone } = this.#conversation.state;
    if (microphone === "on" || microphone === "muted") {
      this.#conversation.mute(microphone === "on");
    } else {
      this.#conversation.talk();
    }
  }

  #ask(event) {
    event.preventDefault();
    const field = this.#element("question");
    const text = field.value.trim();
    if (text) {
      this.#conversation.ask(text);
      field.value = "";
    }
  }

  #key(event) {
    if (event.key === "Escape" && !event.isComposing && !document.querySelector("dialog[open]")) {
      this.#conversation.stop();
    }
  }

  #setVolume(value) {
    this.#conversation.volume = Number(value) / 100;
    localStorage.setItem(VOLUME_KEY, value);
  }

  #stopTimer() {
    clearInterval(this.#timer);
  }

  #showTime() {
    const seconds = Math.floor((Date.now() - this.#startedAt) / 1000);
    this.#element("timer").textContent = `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
  }

  #on(id, type, listener) {
    this.#element(id).addEventListener(type, listener);
  }

  #element(id) {
    return this.#root.querySelector(`#${id}`);
  }
}

function activityText(connection, microphone, activity) {
  switch (connection) {
    case "idle":
      return "Start talking, or type a question.";
    case "connecting":
      return "Getting your tutor…";
    case "reconnecting":
      return "Getting the connection back…";
    case "ended":
      return "Ask again to start a new conversation.";
    default:
      return ACTIVITIES[activity] ?? (microphone === "on" ? "Listening" : "Type a question, or start talking.");
  }
}
