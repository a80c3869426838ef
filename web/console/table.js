/** Tables, and lists that come page by page. */
import { ApiError } from "./api.js";
import { make } from "./elements.js";
import { Busy } from "./form.js";

export class Table {
  #holder;
  #body = make("tbody");
  #count = make("p", { className: "count", role: "status" });
  #more = make("button", { type: "button", className: "secondary" }, "Show more");
  #row;
  #nouns;
  #next = null;

  /**
   * @param {HTMLElement} holder where it is put
   * @param {object} description
   * @param {string} description.caption
   * @param {[string, string]} description.nouns of one row, and of several
   * @param {string[]} description.columns
   * @param {(item: any) => (Node | string | Node[])[]} description.row the cells of one; the first is its heading
   * @param {(error: ApiError) => void} [description.failed] what becomes of a next page that did not come
   */
  constructor(holder, { caption, nouns, columns, row, failed = undefined }) {
    this.#holder = holder;
    this.#row = row;
    this.#nouns = nouns;
    const heads = columns.map((name) => make("th", { scope: "col" }, name || hidden("Do")));
    const title = make("caption", { className: "hidden-text" }, caption);
    const table = make("table", {}, title, make("thead", {}, make("tr", {}, ...heads)), this.#body);
    // Wide tables scroll by themselves, which the keyboard must be able to do as well.
    const frame = make("div", { className: "frame", tabIndex: 0, role: "region", ariaLabel: caption }, table);
    this.#more.addEventListener("click", () => this.#follow(failed));
    holder.append(this.#count, frame, this.#more);
  }

  /**
   * Show rows in the place of what is there.
   * @param {any[]} items
   * @param {{total?: number, next?: () => Promise<Page>}} [page] how many there are in all; fetches what follows
   * @typedef {{items: any[], total?: number, next?: () => Promise<Page>}} Page
   */
  show(items, { total, next } = {}) {
    this.#holder.hidden = false;
    this.#body.replaceChildren();
    this.#append(items, total, next);
  }

  hide() {
    this.#holder.hidden = true;
  }

  #append(items, total, next) {
    this.#body.append(...items.map((item) => this.#made(item)));
    this.#next = next ?? null;
    this.#more.hidden = !next;
    this.#count.textContent = this.#counted(this.#body.rows.length, total, next);
  }

  #counted(shown, total, next) {
    const words = (count) => `${count.toLocaleString("en-US")} ${this.#nouns[count === 1 ? 0 : 1]}`;
    if (total !== undefined && total > shown) {
      return `${shown} of ${words(total)}`;
    }
    return next ? `The first ${words(shown)}` : words(shown);
  }

  #made(item) {
    const [first, ...others] = this.#row(item);
    return make("tr", {}, cell("th", first), ...others.map((content) => cell("td", content)));
  }

  async #follow(failed) {
    const busy = new Busy(this.#more);
    const asked = this.#next;
    try {
      const { items, total, next } = await asked();
      // Other rows may have been shown meanwhile, which these do not follow.
      if (this.#next === asked) {
        this.#append(items, total, next);
      }
    } catch (error) {
      if (!(error instanceof ApiError)) {
        throw error;
      }
      failed(error);
    } finally {
      busy.end();
    }
  }
}

function cell(tag, content) {
  return make(tag, tag === "th" ? { scope: "row" } : {}, ...(Array.isArray(content) ? content : [content]));
}

function hidden(text) {
  return make("span", { className: "hidden-text" }, text);
}
