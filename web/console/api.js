/** The API for administrators. */

/**
 * A refused or failed request.
 *
 * `status` is the HTTP status, or 0 when there was no answer; `code` the API's stable code; `details` what was expected,
 * by the field's name.
 */
export class ApiError extends Error {
  constructor(message, { status, code, details = {}, retryAfter = null, requestId = "" }) {
    super(message);
    this.status = status;
    this.code = code;
    this.details = details;
    this.retryAfter = retryAfter;
    this.requestId = requestId;
  }

  /** Whether nobody knows if the server has acted on the request. */
  get isOpen() {
    return this.status === 0 || this.status >= 500 || this.code === "idempotency_in_flight";
  }

  /** What went wrong and what can be done, in sentences. */
  get text() {
    const said = this.message.charAt(0).toUpperCase() + this.message.slice(1);
    return [said.replace(/[^.?!]$/, "$&."), this.#advice].filter(Boolean).join(" ");
  }

  get #advice() {
    if (this.status === 429) {
      return this.retryAfter ? `Try again in ${this.retryAfter} seconds.` : "Wait a moment, then try again.";
    }
    if (!this.isOpen) {
      return "";
    }
    const number = this.requestId && ` Whoever looks for the cause needs this number: ${this.requestId}.`;
    return `Try again in a moment.${number}`;
  }
}

export class Api {
  #credential;

  /** @param {() => string | null} credential the session's token, if there is one */
  constructor(credential) {
    this.#credential = credential;
  }

  /**
   * Read something.
   * @param {string} path below /api/admin
   * @param {Record<string, string | null>} [query] what is empty is left out
   */
  async get(path, query = {}) {
    return (await this.#fetch("GET", withQuery(path, query))).json();
  }

  /**
   * Change something.
   * @param {"POST" | "PUT" | "PATCH" | "DELETE"} method
   * @param {string} path below /api/admin
   * @param {object} [body]
   * @param {string} [key] of a POST: the same one again has no second effect, and the same answer
   */
  async send(method, path, body = undefined, key = undefined) {
    return (await this.#fetch(method, path, { body: body ?? {}, key })).json();
  }

  /** @returns {Promise<Blob>} a table for spreadsheets */
  async table(path, query) {
    return (await this.#fetch("GET", withQuery(path, { ...query, format: "csv" }))).blob();
  }

  async #fetch(method, path, { body, key } = {}) {
    // What changes something must be JSON, so that no form of another page can send it.
    const headers = { ...(body && { "Content-Type": "application/json" }), ...(key && { "Idempotency-Key": key }) };
    const credential = this.#credential();
    if (credential) {
      headers.Authorization = `Bearer ${credential}`;
    }
    const asked = { method, headers, body: body && JSON.stringify(body), cache: "no-store", redirect: "manual" };
    let answer;
    try {
      answer = await fetch(`/api/admin${path}`, asked);
    } catch (error) {
      throw new ApiError("the server cannot be reached", { status: 0, code: "unreachable", cause: error });
    }
    if (answer.type === "opaqueredirect") {
      // Cloudflare Access sends whoever it no longer knows to its sign-in, where only a page can follow.
      throw new ApiError("your sign-in with Cloudflare Access has ended", { status: 401, code: "access_ended" });
    }
    if (!answer.ok) {
      throw await refusal(answer);
    }
    return answer;
  }
}

/** A fresh key for one POST; `crypto.randomUUID` is for secure pages only, and a school's network may have none. */
export function newKey() {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** A path with its ids in place, as path`/tenants/${id}`: each is one segment, whatever somebody wrote into a link. */
export function path(parts, ...ids) {
  return parts.reduce((made, part, n) => made + segment(ids[n - 1]) + part);
}

function segment(id) {
  if (/^\.{0,2}$/.test(id)) {
    // Browsers would take these for steps to another path.
    throw new ApiError("there is nothing here", { status: 404, code: "not_found" });
  }
  return encodeURIComponent(id);
}

function withQuery(target, query) {
  const given = Object.entries(query).filter(([, value]) => value);
  return given.length ? `${target}?${new URLSearchParams(given)}` : target;
}

/** The error envelope of the API as an ApiError; anything else (a proxy's page) as one with the bare status. */
async function refusal(answer) {
  const envelope = await answer.json().catch(() => ({}));
  return new ApiError(envelope.message ?? `the server answered ${answer.status}`, {
    status: answer.status,
    code: envelope.code ?? "unknown",
    details: envelope.details,
    retryAfter: Number(answer.headers.get("Retry-After")) || null,
    requestId: envelope.request_id,
  });
}
