/** Choosing what to learn: the curricula, then the topics of one. */

export class Catalogue {
  #cards;
  #cardTemplate;
  #topics;
  #topicTemplate;

  /**
   * @param {object} elements
   * @param {HTMLElement} elements.cards list of curricula
   * @param {HTMLTemplateElement} elements.cardTemplate one curriculum
   * @param {HTMLElement} elements.topics list of topics
   * @param {HTMLTemplateElement} elements.topicTemplate one topic
   */
  constructor({ cards, cardTemplate, topics, topicTemplate }) {
    this.#cards = cards;
    this.#cardTemplate = cardTemplate;
    this.#topics = topics;
    this.#topicTemplate = topicTemplate;
  }

  /** @param {object[]} curricula summaries as GET /api/curricula lists them */
  showCurricula(curricula) {
    this.#cards.replaceChildren(
      ...curricula.map((curriculum) =>
        fill(this.#cardTemplate, address({ curriculum: curriculum.id }), {
          title: curriculum.title,
          description: curriculum.description,
          facts: factsOf(curriculum),
        }),
      ),
    );
  }

  /** @param {object} curriculum as GET /api/curricula/{id} answers it */
  showTopics(curriculum) {
    const topics = [...curriculum.topics].sort((a, b) => a.order_index - b.order_index);
    this.#topics.replaceChildren(
      ...topics.map((topic) =>
        fill(this.#topicTemplate, address({ curriculum: curriculum.id, topic: topic.id }), {
          title: topic.title,
          description: topic.description,
        }),
      ),
    );
  }
}

/** The page's own address of a curriculum or a topic. */
export function address(parameters) {
  return `?${new URLSearchParams(parameters)}`;
}

/** An ISO 8601 duration of hours and minutes in words: "PT1H30M" is "1 h 30 min". Anything else is empty. */
export function durationText(duration) {
  const match = /^PT(?:(\d+)H)?(?:(\d+)M)?$/.exec(duration ?? "");
  if (!match) {
    return "";
  }
  const [, hours, minutes] = match;
  return [hours && `${hours} h`, minutes && `${minutes} min`].filter(Boolean).join(" ");
}

function factsOf({ topic_count, total_duration, difficulty }) {
  return [countOf(topic_count, "topic"), durationText(total_duration), difficulty].filter(Boolean).join(" · ");
}

function countOf(count, word) {
  return `${count} ${word}${count === 1 ? "" : "s"}`;
}

function fill(template, href, texts) {
  const item = template.content.firstElementChild.cloneNode(true);
  item.querySelector("a").href = href;
  for (const [name, text] of Object.entries(texts)) {
    item.querySelector(`[data-text="${name}"]`).textContent = text;
  }
  return item;
}
