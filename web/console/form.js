/** Forms: sent once at a time, with each problem beside its field. */
import { ApiError, newKey } from "./api.js";
import { make } from "./elements.js";

export class Form {
  #form;
  #send;
  #done;
  #expired;
  #key = null;

  /**
   * @param {HTMLFormElement} form
   * @param {object} steps
   * @param {(values: Record<string, string>, key: string) => Promise<unknown>} steps.send `key` stays the same while
   *   nobody knows what became of the same values
   * @param {(answer: unknown) => void} steps.done what follows once the server has confirmed it
   * @param {((error: ApiError) => void) | null} steps.expired where nobody is signed in any more
   */
  constructor(form, { send, done, expired }) {
    this.#form = form;
    this.#send = send;
    this.#done = done;
    this.#expired = expired;
    form.addEventListener("submit", (event) => this.#submit(event));
    form.addEventListener("input", () => {
      this.#key = null;
    });
  }

  /** Empty it, and forget what was wrong. */
  reset() {
    this.#form.reset();
    this.#key = null;
    this.#clear();
  }

  async #submit(event) {
    event.preventDefault();
    this.#clear();
    this.#key ??= newKey();
    const values = Object.fromEntries(new FormData(this.#form));
    const busy = new Busy(event.submitter ?? this.#form.querySelector("[type=submit]"));
    let answer;
    try {
      answer = await this.#send(values, this.#key);
    } catch (error) {
      busy.end();
      this.#explain(error);
      return;
    }
    busy.end();
    this.#key = null;
    this.#done(answer);
  }

  #explain(error) {
    if (!(error instanceof ApiError)) {
      throw error;
    }
    if (!error.isOpen) {
      this.#key = null;
    }
    if (error.status === 401 && this.#expired) {
      this.#expired(error);
      return;
    }
    const fields = Object.entries(error.details).filter(([name, told]) => this.#mark(name, told));
    // What is said beside every field concerned need not be said twice.
    const told = fields.length > 0 && fields.length === Object.keys(error.details).length;
    this.#form.append(make("p", { className: "problem", role: "alert" }, told ? "Not done: see above." : error.text));
    this.#form.querySelector("[aria-invalid]")?.focus();
  }

  /** Say beside a field what was expected there; the API names parts of a field as `field[...]`. */
  #mark(name, told) {
    const field = this.#form.elements[name.split(/[.[]/)[0]];
    if (!(field instanceof HTMLElement)) {
      return false;
    }
    const problem = make("span", { className: "problem", id: `problem-${this.#form.id}-${field.name}` }, `${told}.`);
    // It describes the field; it does not belong to its name.
    problem.setAttribute("aria-hidden", "true");
    field.setAttribute("aria-invalid", "true");
    field.setAttribute("aria-describedby", problem.id);
    field.closest("label").append(problem);
    return true;
  }

  #clear() {
    for (const problem of this.#form.querySelectorAll(".problem")) {
      problem.remove();
    }
    for (const field of this.#form.querySelectorAll("[aria-invalid]")) {
      field.removeAttribute("aria-invalid");
      field.removeAttribute("aria-describedby");
    }
  }
}

/** A button that cannot be pressed while what it does is under way. */
export class Busy {
  #button;
  #had;

  /** @param {HTMLButtonElement} button */
  constructor(button) {
    this.#button = button;
    this.#had = button === document.activeElement;
    button.disabled = true;
    button.setAttribute("aria-busy", "true");
  }

  /** It is over; whoever was on the button still is. */
  end() {
    this.#button.disabled = false;
    this.#button.removeAttribute("aria-busy");
    if (this.#had && document.activeElement === document.body) {
      this.#button.focus();
    }
  }
}

/** The error of a field that cannot be sent. */
export function invalid(field, expected) {
  return new ApiError(`${field}: ${expected}`, { status: 400, code: "invalid_input", details: { [field]: expected } });
}

/** What was filled in, without what was left empty. */
export function filled(values) {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== ""));
}
