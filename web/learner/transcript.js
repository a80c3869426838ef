/** The conversation as it is read: bubbles on the page, and whole sentences for screen readers. */

const SENTENCE = /[^.!?…]*[.!?…]+["'’”)\]]*(?=\s)\s*/y;
/** Treat the reader as following the end when this close to it, in CSS pixels. */
const NEAR_END = 80;

/**
 * Cut the complete sentences off the front of a growing text.
 * @param {string} text
 * @returns {{sentences: string[], rest: string}} a last sentence counts as complete only once something follows it
 */
export function splitSentences(text) {
  const sentences = [];
  let end = 0;
  for (;;) {
    SENTENCE.lastIndex = end;
    const match = SENTENCE.exec(text);
    if (!match) {
      return { sentences, rest: text.slice(end) };
    }
    sentences.push(match[0].trim());
    end += match[0].length;
  }
}

export class Transcript {
  #list;
  #scroller;
  #template;
  #announcer;
  #learner = null;
  #tutor = null;
  #unspoken = "";

  /**
   * @param {object} elements
   * @param {HTMLElement} elements.list gets one item per turn
   * @param {HTMLElement} elements.scroller what scrolls when the list grows
   * @param {HTMLTemplateElement} elements.template one turn
   * @param {HTMLElement} elements.announcer a live region outside the list
   */
  constructor({ list, scroller, template, announcer }) {
    this.#list = list;
    this.#scroller = scroller;
    this.#template = template;
    this.#announcer = announcer;
  }

  clear() {
    this.#list.replaceChildren();
    this.#announcer.replaceChildren();
    this.#learner = null;
    this.#tutor = null;
    this.#unspoken = "";
  }

  /**
   * Show what was said earlier, without announcing it.
   * @param {{role: "user" | "assistant", content: string}[]} turns oldest first
   */
  recall(turns) {
    for (const { role, content } of turns) {
      this.#write(role === "user" ? this.#add("learner", "You") : this.#add("tutor", "Tutor"), content);
    }
  }

  /** Show that the learner is being heard; the words follow with `learnerSaid`. */
  learnerSpeaks() {
    this.#learner ??= this.#add("learner", "You");
    this.#learner.classList.add("is-pending");
  }

  /** What was heard turned out to be nothing. */
  learnerSaidNothing() {
    this.#learner?.remove();
    this.#learner = null;
  }

  learnerSaid(text) {
    const turn = this.#learner ?? this.#add("learner", "You");
    this.#learner = null;
    turn.classList.remove("is-pending");
    this.#write(turn, text);
    this.#announce(`You: ${text}`);
  }

  tutorStarts() {
    this.learnerSaidNothing();
    this.#tutor = this.#add("tutor", "Tutor");
    this.#tutor.classList.add("is-pending");
    this.#unspoken = "";
  }

  /** Add a piece of the tutor's answer; complete sentences are announced. */
  tutorSays(token) {
    if (!this.#tutor) {
      this.tutorStarts();
    }
    this.#write(this.#tutor, textOf(this.#tutor).textContent + token);
    const { sentences, rest } = splitSentences(this.#unspoken + token);
    sentences.forEach((sentence) => this.#announce(sentence));
    this.#unspoken = rest;
  }

  /** The whole answer, once it is known. */
  tutorSaid(text) {
    if (!this.#tutor) {
      this.tutorStarts();
    }
    this.#write(this.#tutor, text);
    this.#tutor.classList.remove("is-pending");
    this.#announceRest();
  }

  /** The learner cut the answer short. */
  interrupted() {
    if (this.#tutor) {
      this.#tutor.classList.add("is-interrupted");
      this.#tutor.querySelector(".turn-note").textContent = "You stopped this answer";
    }
    this.#unspoken = "";
  }

  /** It was not cut short after all: it goes on. */
  resumed() {
    if (this.#tutor) {
      this.#tutor.classList.remove("is-interrupted");
      this.#tutor.querySelector(".turn-note").textContent = "";
    }
  }

  /** The turn is over; the next answer gets its own bubble. */
  turnEnds() {
    this.#announceRest();
    this.learnerSaidNothing();
    if (this.#tutor) {
      this.#tutor.classList.remove("is-pending");
      if (!textOf(this.#tutor).textContent && !this.#tutor.querySelector("figure")) {
        this.#tutor.remove();
      }
    }
    this.#tutor = null;
  }

  /** Show a picture where the tutor refers to it. */
  showFigure(figure) {
    const turn = this.#tutor ?? this.#add("tutor", "Tutor");
    this.#following(() => turn.append(figure));
  }

  #announceRest() {
    if (this.#unspoken.trim()) {
      this.#announce(this.#unspoken.trim());
    }
    this.#unspoken = "";
  }

  #add(role, name) {
    const turn = this.#template.content.firstElementChild.cloneNode(true);
    turn.dataset.role = role;
    turn.querySelector(".turn-name").textContent = name;
    this.#following(() => this.#list.append(turn));
    return turn;
  }

  #write(turn, text) {
    this.#following(() => {
      textOf(turn).textContent = text;
    });
  }

  /** Change the list and stay at its end, unless the reader scrolled back. */
  #following(change) {
    const { scrollTop, clientHeight, scrollHeight } = this.#scroller;
    const follows = scrollHeight - scrollTop - clientHeight < NEAR_END;
    change();
    if (follows) {
      this.#scroller.scrollTop = this.#scroller.scrollHeight;
    }
  }

  #announce(sentence) {
    const line = document.createElement("p");
    line.textContent = sentence;
    this.#announcer.append(line);
    while (this.#announcer.children.length > 5) {
      this.#announcer.firstElementChild.remove();
    }
  }
}

function textOf(turn) {
  return turn.querySelector(".turn-text");
}
