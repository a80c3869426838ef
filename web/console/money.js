/** Micro-dollars, as the API counts them, and dollars, as people write them; never a fraction of a micro-dollar. */
import { invalid } from "./form.js";

const MICRO = 1_000_000;

/** 1_500_000 is "$1.50", 7 is "$0.000007". */
export function dollars(micro) {
  const fraction = String(micro % MICRO).padStart(6, "0").replace(/0{1,4}$/, "");
  return `$${Math.trunc(micro / MICRO).toLocaleString("en-US")}.${fraction}`;
}

/**
 * Read dollars.
 * @param {string} field whose problem it is
 * @param {string} text such as "2.50"
 * @returns {number} micro-dollars
 */
export function microDollars(field, text) {
  const match = /^\$?(\d{1,7})(?:\.(\d{1,6}))?$/.exec(text.trim());
  if (!match) {
    throw invalid(field, "expected dollars, such as 2.50");
  }
  return Number(match[1]) * MICRO + Number((match[2] ?? "").padEnd(6, "0"));
}
