/** Feature settings of a tenant, or of the deployment. */
import { path } from "./api.js";
import { fillChoice } from "./elements.js";
import { invalid } from "./form.js";

const SPEECH = [
  ["full", "Everything is spoken"],
  ["cheaper_voice", "The cheaper voice speaks"],
  ["text", "Text; only what is in the cache is spoken"],
];

export class Features {
  #api;
  #form;
  #tenant = null;

  constructor(section, { api, deeds, form }) {
    this.#api = api;
    this.#form = section.querySelector("form");
    form(this.#form, {
      send: (values) => api.send("PUT", place(this.#tenant), settings(values, this.#tenant)),
      done: () => deeds.done("The settings are saved."),
    });
  }

  async load(tenant) {
    const found = await this.#api.get(place(tenant));
    return () => {
      this.#tenant = tenant;
      const { speech, minimum_versions: versions } = this.#form.elements;
      fillChoice(speech, [["", tenant ? "As the deployment says" : "As the budget allows"], ...SPEECH]);
      speech.value = found.speech ?? "";
      const least = Object.entries(found.minimum_versions ?? {});
      versions.value = least.map(([platform, version]) => `${platform} ${version}`).join("\n");
      versions.closest("label").hidden = Boolean(tenant);
    };
  }
}

function place(tenant) {
  return tenant ? path`/tenants/${tenant}/features` : "/features";
}

/** The whole of the settings, as the API replaces them. */
function settings({ speech, minimum_versions: text }, tenant) {
  const lines = text.split("\n").map((line) => line.trim()).filter(Boolean);
  const versions = lines.map((line) => {
    const parts = line.split(/\s+/);
    if (parts.length !== 2) {
      throw invalid("minimum_versions", "expected a platform and a version on each line, such as android 1.4.0");
    }
    return parts;
  });
  return { speech: speech || null, ...(!tenant && { minimum_versions: Object.fromEntries(versions) }) };
}
