/** The lesson beside the conversation: what it is about, what will be learned, its pictures and its words. */

/**
 * Find a topic in a UMCF document.
 * @returns {object | null} the content node whose id is `topicId`
 */
export function findTopic(document_, topicId) {
  const nodes = [...(document_.content ?? [])];
  while (nodes.length > 0) {
    const node = nodes.shift();
    if (plainId(node.id) === topicId) {
      return node;
    }
    nodes.push(...(node.children ?? []));
  }
  return null;
}

/** UMCF ids are strings or `{catalog, value}`. */
function plainId(id) {
  return typeof id === "object" && id !== null ? id.value : id;
}

/** The statements of a list of objectives, which are strings or objects. */
export function objectiveTexts(objectives) {
  return (objectives ?? []).map((objective) => objective.statement ?? objective).filter((text) => text.length > 0);
}

/** The words of the glossary this topic uses; all of them when it uses none by name. */
export function termsOf(document_, topic) {
  const terms = document_.glossary?.terms ?? [];
  const words = JSON.stringify(topic).toLowerCase();
  const used = terms.filter(({ term }) => words.includes(term.toLowerCase()));
  return used.length > 0 ? used : terms;
}

/** Questions that open a conversation. */
export function openers(topic, terms) {
  const aims = (topic.learningObjectives ?? []).map(({ abbreviatedStatement }) => abbreviatedStatement).filter(Boolean);
  const explain = aims.length > 0 ? `${aims[0]}.` : "Explain this topic to me.";
  const meaning = terms.slice(0, 1).map(({ term }) => `What does “${term}” mean?`);
  return [explain, ...meaning, "Ask me a question."];
}

export class LessonView {
  #root;
  #api;
  #figureTemplate;
  #pictures = new Map();
  #topic = null;

  /**
   * @param {HTMLElement} root holds the elements named by `data-lesson`
   * @param {import("./session.js").Api} api fetches the pictures
   * @param {HTMLTemplateElement} figureTemplate one picture with its caption
   */
  constructor(root, api, figureTemplate) {
    this.#root = root;
    this.#api = api;
    this.#figureTemplate = figureTemplate;
  }

  /** Show one topic of a UMCF document. */
  async show(document_, topic) {
    this.#topic = topic;
    this.#part("curriculum").textContent = document_.title;
    this.#part("title").textContent = topic.title;
    this.#part("description").textContent = topic.description ?? "";
    this.#list("objectives", objectiveTexts(topic.learningObjectives), (text) => [item("li", text)]);
    this.#list("glossary", termsOf(document_, topic), ({ term, definition }) => [
      item("dt", term),
      item("dd", definition ?? ""),
    ]);
    await this.#showPictures(topic);
  }

  /** A picture the tutor refers to, to be put into the conversation. */
  async figure({ url, alt, title, caption }) {
    const figure = this.#figureTemplate.content.firstElementChild.cloneNode(true);
    const image = figure.querySelector("img");
    image.alt = alt ?? caption ?? title ?? "";
    image.src = await this.#picture(url);
    figure.querySelector("figcaption").textContent = caption ?? title ?? "";
    figure.querySelector("button").setAttribute("aria-label", `Enlarge: ${title ?? caption ?? "picture"}`);
    return figure;
  }

  async #showPictures(topic) {
    const assets = [...(topic.media?.embedded ?? []), ...(topic.media?.reference ?? [])].filter(({ url }) => url);
    const section = this.#part("pictures");
    const place = section.querySelector(".pictures");
    section.hidden = assets.length === 0;
    place.replaceChildren();
    const figures = await Promise.all(assets.map((asset) => this.figure(asset)));
    if (this.#topic === topic) {
      place.replaceChildren(...figures);
    }
  }

  #picture(url) {
    if (!this.#pictures.has(url)) {
      const picture = this.#api.picture(url);
      picture.catch(() => this.#pictures.delete(url));
      this.#pictures.set(url, picture);
    }
    return this.#pictures.get(url);
  }

  #part(name) {
    return this.#root.querySelector(`[data-lesson="${name}"]`);
  }

  #list(name, entries, render) {
    const section = this.#part(name);
    section.hidden = entries.length === 0;
    section.querySelector("ul, dl").replaceChildren(...entries.flatMap(render));
  }
}

function item(tag, text) {
  const element = document.createElement(tag);
  element.textContent = text;
  return element;
}
