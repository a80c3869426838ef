/** Signing in with password and one-time code, where Cloudflare Access is not in front. */
import { keepCredential } from "./credential.js";

export class SignIn {
  #section;
  #api;
  #known;

  /**
   * @param {HTMLElement} section holds the form and a line for why it is shown
   * @param {object} parts
   * @param {import("./api.js").Api} parts.api
   * @param {() => void} parts.known what follows once somebody is signed in
   */
  constructor(section, { api, form, known }) {
    this.#section = section;
    this.#api = api;
    this.#known = known;
    const signedIn = form(section.querySelector("form"), {
      send: ({ email, password, code }) => this.#open(email, password, code.replaceAll(" ", "")),
      done: () => {
        signedIn.reset();
        this.#known();
      },
      // A refusal is about what was typed here, not about a session.
      expired: null,
    });
  }

  /**
   * Show it.
   * @param {import("./api.js").ApiError} error why nobody is signed in
   * @param {boolean} had whether somebody was
   */
  show(error, had) {
    this.#section.hidden = false;
    const isAccess = error.code === "access_ended" || error.code === "not_an_administrator";
    this.#section.querySelector("form").hidden = isAccess;
    this.#section.querySelector(".access").hidden = !isAccess;
    this.#section.querySelector(".why").textContent = had || isAccess ? error.text : "";
    this.#section.querySelector("h1").focus();
  }

  async #open(email, password, code) {
    const { token } = await this.#api.send("POST", "/session", { email, password, code });
    keepCredential(token);
  }
}
