/** Asking the learner for a beta token. */
import { keepToken } from "./token.js";

export class SignIn {
  #dialog;
  #problem;
  #asking = null;

  /** @param {HTMLDialogElement} dialog holds a form with the field `token` and an element for what went wrong */
  constructor(dialog) {
    this.#dialog = dialog;
    this.#problem = dialog.querySelector(".problem");
    dialog.addEventListener("cancel", (event) => event.preventDefault());
  }

  /**
   * Ask, and keep the answer for this tab.
   * @param {string} problem why the last token was refused; empty when there was none
   */
  ask(problem) {
    this.#problem.textContent = problem;
    this.#asking ??= this.#open();
    return this.#asking;
  }

  async #open() {
    const form = this.#dialog.querySelector("form");
    this.#dialog.showModal();
    await new Promise((done) => form.addEventListener("submit", done, { once: true }));
    keepToken(form.elements.token.value);
    form.reset();
    this.#asking = null;
  }
}
