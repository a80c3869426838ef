/** A token that is shown once: when the box is closed, nothing of it is left on the page. */

export class Minted {
  #dialog;
  #field;
  #told;

  /** @param {HTMLDialogElement} dialog holds the read-only field `token`, a button to copy it, and a line to say so */
  constructor(dialog) {
    this.#dialog = dialog;
    this.#field = dialog.querySelector("[name=token]");
    this.#told = dialog.querySelector(".told");
    dialog.querySelector(".copy").addEventListener("click", () => this.#copy());
    dialog.addEventListener("close", () => {
      this.#field.value = "";
      this.#told.textContent = "";
    });
  }

  /** @param {string} token @param {string} label what the token is called */
  show(token, label) {
    this.#dialog.querySelector(".label").textContent = label;
    this.#field.value = token;
    this.#dialog.showModal();
    this.#field.select();
  }

  async #copy() {
    this.#field.select();
    try {
      await navigator.clipboard.writeText(this.#field.value);
      this.#told.textContent = "Copied.";
    } catch {
      // No permission, or a page without https: the field is selected, so that the keyboard can do it.
      this.#told.textContent = "Copy it with the keyboard: it is selected.";
    }
  }
}
