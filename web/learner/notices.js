/** Short messages to the learner in a polite live region: what happened and what to do. */

export class Notices {
  #region;
  #template;
  #shown = new Map();

  /**
   * @param {HTMLElement} region an element with role="status"
   * @param {HTMLTemplateElement} template one notice
   */
  constructor(region, template) {
    this.#region = region;
    this.#template = template;
  }

  /**
   * Show a notice; one of the same `about` replaces the one before.
   *
   * @param {string} about what it concerns, such as "microphone" or "connection"
   * @param {string} text
   * @param {{label: string, run: () => void}} [action] a button that does something about it
   */
  show(about, text, action) {
    this.clear(about);
    const notice = this.#template.content.firstElementChild.cloneNode(true);
    notice.querySelector(".notice-text").textContent = text;
    const button = notice.querySelector(".notice-action");
    button.hidden = !action;
    if (action) {
      button.textContent = action.label;
      button.addEventListener("click", () => {
        this.clear(about);
        action.run();
      });
    }
    notice.querySelector(".notice-dismiss").addEventListener("click", () => this.clear(about));
    this.#shown.set(about, notice);
    this.#region.append(notice);
  }

  clear(about) {
    this.#shown.get(about)?.remove();
    this.#shown.delete(about);
  }

  clearAll() {
    [...this.#shown.keys()].forEach((about) => this.clear(about));
  }
}
