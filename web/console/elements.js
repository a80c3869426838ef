/** Elements made from values: a text is always text, never markup. */

/**
 * Make an element.
 * @param {string} tag
 * @param {object} [properties] of the DOM, such as `className` or `href`
 * @param {...(Node | string | null | undefined)} children strings become text; what is empty is left out
 */
export function make(tag, properties = {}, ...children) {
  const element = Object.assign(document.createElement(tag), properties);
  element.append(...children.filter((child) => child !== undefined && child !== null && child !== ""));
  return element;
}

/** A link to another part of the console. */
export function link(address, text, properties = {}) {
  const anchor = make("a", { href: address, ...properties }, text);
  anchor.dataset.route = "";
  return anchor;
}

/** An id, in letters of equal width. */
export function id(text) {
  return make("code", {}, text);
}

/** Fill a `<select>` with options, each a value and the words for it. */
export function fillChoice(select, options) {
  select.replaceChildren(...options.map(([value, words]) => make("option", { value }, words)));
}
