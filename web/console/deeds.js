/** Buttons that do something at the server: asked for once, confirmed by its answer. */
import { ApiError } from "./api.js";
import { make } from "./elements.js";
import { Busy } from "./form.js";

export class Deeds {
  #notices;
  #confirmation;
  #failed;
  #refresh;

  /**
   * @param {object} parts
   * @param {import("/notices.js").Notices} parts.notices
   * @param {import("./confirmation.js").Confirmation} parts.confirmation
   * @param {(error: ApiError) => void} parts.failed says what went wrong
   * @param {() => Promise<void>} parts.refresh shows the view as it is now
   */
  constructor({ notices, confirmation, failed, refresh }) {
    this.#notices = notices;
    this.#confirmation = confirmation;
    this.#failed = failed;
    this.#refresh = refresh;
  }

  /**
   * Make a button.
   * @param {object} deed
   * @param {string} deed.label
   * @param {string} deed.about to what it is done, for who does not see the row
   * @param {string} [deed.question] asked first
   * @param {() => Promise<string | void>} deed.run does it and says what has been done; nothing where nothing has changed
   */
  button({ label, about, question, run }) {
    const button = make("button", { type: "button", className: "quiet", ariaLabel: `${label} ${about}` }, label);
    button.addEventListener("click", async () => {
      if (!question || (await this.#confirmation.ask(question, label))) {
        await this.#carryOut(button, run);
      }
    });
    return button;
  }

  /** Say what has been done, and show what there is now. */
  async done(text) {
    this.#notices.clear("problem");
    this.#notices.show("done", text);
    await this.#refresh();
  }

  async #carryOut(button, run) {
    const busy = new Busy(button);
    try {
      const told = await run();
      if (told) {
        await this.done(told);
      }
    } catch (error) {
      if (!(error instanceof ApiError)) {
        throw error;
      }
      this.#failed(error);
    } finally {
      busy.end();
    }
  }
}
