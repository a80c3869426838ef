/** The audit log: who did what, to whom, when and from where. */
import { id, make } from "./elements.js";
import { filled } from "./form.js";
import { moment, utc } from "./moments.js";
import { Table } from "./table.js";
import { tenantLink } from "./tenant-link.js";

export class Audit {
  #api;
  #form;
  #table;

  constructor(section, { api, search, failed }) {
    this.#api = api;
    this.#form = section.querySelector("form");
    this.#table = new Table(section.querySelector("[data-table=audit]"), {
      caption: "Audit log",
      nouns: ["entry", "entries"],
      columns: ["When", "What", "By", "To", "Tenant", "From", "Request", "Particulars"],
      row: entryRow,
      failed,
    });
    search(this.#form, this);
  }

  async load(tenant) {
    const { since, until, ...values } = Object.fromEntries(new FormData(this.#form));
    const page = await this.#page({ ...filled(values), since: utc(since), until: utc(until), tenant_id: tenant });
    return () => this.#table.show(page.items, page);
  }

  async #page(query, cursor = null) {
    const { entries, next_cursor: next } = await this.#api.get("/audit", { ...query, cursor });
    return { items: entries, next: next && (() => this.#page(query, next)) };
  }
}

function entryRow(entry) {
  return [
    moment(entry.at),
    entry.action,
    entry.administrator || (entry.actor_id ? id(entry.actor_id) : "–"),
    entry.subject,
    tenantLink("audit", entry.tenant_id),
    entry.ip_address,
    id(entry.request_id),
    particulars(entry.details),
  ];
}

function particulars(details) {
  if (Object.keys(details).length === 0) {
    return "–";
  }
  const text = make("pre", {}, JSON.stringify(details, null, 2));
  return make("details", {}, make("summary", {}, "Show"), text);
}
