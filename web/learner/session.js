/** The REST API, as far as the page uses it. */

/** The server has this long to answer with a ticket before the connection counts as lost. */
const TICKET_MS = 10_000;

/**
 * A refused or failed request.
 *
 * `status` is the HTTP status, or 0 when there was no answer; `code` the API's stable code, or "unreachable".
 */
export class ApiError extends Error {
  constructor(message, { status, code, retryAfter = null }) {
    super(message);
    this.status = status;
    this.code = code;
    this.retryAfter = retryAfter;
  }

  get needsToken() {
    return this.status === 401;
  }

  /** What the learner can do about it, as a sentence. */
  get advice() {
    switch (this.status) {
      case 0:
        return "Check the connection, then try again.";
      case 402:
        return "The budget for this account is used up; ask whoever runs it.";
      case 429:
        return this.retryAfter ? `Try again in ${this.retryAfter} seconds.` : "Wait a moment, then try again.";
      default:
        return this.status >= 500 ? "Try again in a moment." : "";
    }
  }
}

export class Api {
  #token;

  /** @param {() => string | null} token the token to send now, if there is one */
  constructor(token) {
    this.#token = token;
  }

  /** @returns {Promise<object[]>} curriculum summaries */
  async curricula() {
    return (await this.#json("GET", "/api/curricula")).curricula;
  }

  /** One curriculum: summary, `topics[]`, `glossary_terms[]`, `learning_objectives[]`. */
  curriculum(id) {
    return this.#json("GET", `/api/curricula/${encodeURIComponent(id)}`);
  }

  /** One curriculum's whole UMCF document. */
  document(id) {
    return this.#json("GET", `/api/curricula/${encodeURIComponent(id)}/full`);
  }

  createSession(curriculumId, topicId) {
    return this.#json("POST", "/api/sessions", { curriculum_id: curriculumId, topic_id: topicId });
  }

  session(id) {
    return this.#json("GET", sessionPath(id));
  }

  startSession(id) {
    return this.#json("POST", `${sessionPath(id)}/start`);
  }

  resumeSession(id) {
    return this.#json("POST", `${sessionPath(id)}/resume`);
  }

  endSession(id) {
    return this.#json("POST", `${sessionPath(id)}/end`);
  }

  /** What was said last, oldest first: `[{role: "user" | "assistant", content}]`. */
  async recentTurns(id) {
    return (await this.#json("GET", `${sessionPath(id)}/context`)).recent_turns;
  }

  /** A picture of the lesson as an object URL; only this server's own are fetched. */
  async picture(url) {
    const address = new URL(url, location.origin);
    if (address.origin !== location.origin) {
      throw new ApiError("the picture is on another server", { status: 0, code: "foreign_asset" });
    }
    const answer = await this.#fetch("GET", address);
    return URL.createObjectURL(await answer.blob());
  }

  /** Where the voice socket of a session is, for one connection: its ticket is used up by it, or void in a minute. */
  async socketAddress(sessionId) {
    const { ticket } = await this.#json("POST", "/api/auth/ws-ticket", undefined, AbortSignal.timeout(TICKET_MS));
    const address = new URL("/ws/audio", location.origin);
    address.protocol = location.protocol === "https:" ? "wss:" : "ws:";
    address.searchParams.set("session", sessionId);
    address.searchParams.set("ticket", ticket);
    return address;
  }

  async #json(method, path, body, signal) {
    const answer = await this.#fetch(method, path, body, signal);
    return answer.json();
  }

  async #fetch(method, path, body, signal) {
    const headers = { "X-Client-Platform": "Web" };
    const token = this.#token();
    if (token) {
      headers.Authorization = `Bearer ${token}`;
    }
    if (body !== undefined) {
      headers["Content-Type"] = "application/json";
    }
    let answer;
    try {
      answer = await fetch(path, { method, headers, body: body && JSON.stringify(body), cache: "no-store", signal });
    } catch (error) {
      throw new ApiError("The server cannot be reached.", { status: 0, code: "unreachable", cause: error });
    }
    if (!answer.ok) {
      throw await refusal(answer);
    }
    return answer;
  }
}

function sessionPath(id) {
  return `/api/sessions/${encodeURIComponent(id)}`;
}

/** The error envelope of the API as an ApiError; anything else (a proxy's page) as one with the bare status. */
async function refusal(answer) {
  const envelope = await answer.json().catch(() => ({}));
  return new ApiError(envelope.message ?? envelope.error ?? `The server answered ${answer.status}.`, {
    status: answer.status,
    code: envelope.code ?? "unknown",
    retryAfter: Number(answer.headers.get("Retry-After")) || null,
  });
}
