/** Asking before something that cannot be taken back. */

export class Confirmation {
  #dialog;

  /** @param {HTMLDialogElement} dialog a form with the buttons `no` and `yes`, and the question */
  constructor(dialog) {
    this.#dialog = dialog;
  }

  /**
   * @param {string} question
   * @param {string} verb what the button says
   * @returns {Promise<boolean>}
   */
  async ask(question, verb) {
    const dialog = this.#dialog;
    dialog.querySelector(".question").textContent = question;
    dialog.querySelector("[value=yes]").textContent = verb;
    dialog.returnValue = "";
    dialog.showModal();
    await new Promise((closed) => dialog.addEventListener("close", closed, { once: true }));
    return dialog.returnValue === "yes";
  }
}
