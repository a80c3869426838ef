/** Times: the API's are UTC, people's are their own. */
import { make } from "./elements.js";

const SHOWN = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });

/** A time as an element, or a dash where there is none. */
export function moment(text) {
  return text ? make("time", { dateTime: text, title: text }, SHOWN.format(new Date(text))) : "–";
}

/** What a field of type datetime-local holds, as the API wants it; empty where it is. */
export function utc(local) {
  return local ? new Date(local).toISOString() : "";
}

/** A time of the API as a field of type datetime-local wants it; empty where there is none. */
export function local(text) {
  if (!text) {
    return "";
  }
  const time = new Date(text);
  return new Date(time.getTime() - time.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
}
