/** Every tenant the administrator reaches, and what became of those that were removed. */
import { path } from "./api.js";
import { address } from "./address.js";
import { id, link } from "./elements.js";
import { filled } from "./form.js";
import { moment } from "./moments.js";
import { Table } from "./table.js";
import { tenantLink } from "./tenant-link.js";

export class Tenants {
  #api;
  #tenants;
  #removals;

  constructor(section, { api, deeds, form, failed }) {
    this.#api = api;
    this.#tenants = new Table(section.querySelector("[data-table=tenants]"), {
      caption: "Tenants",
      nouns: ["tenant", "tenants"],
      columns: ["Name", "Kind", "Members", "Belongs to", "Made", "Id"],
      row: tenantRow,
      failed,
    });
    this.#removals = new Table(section.querySelector("[data-table=removals]"), {
      caption: "Removals",
      nouns: ["removal", "removals"],
      columns: ["Tenant", "Reason", "State", "Left", "Asked for", "Done"],
      row: removalRow,
      failed,
    });
    const added = form(section.querySelector("form"), {
      send: (values, key) => api.send("POST", "/tenants", filled(values), key),
      done: (tenant) => {
        added.reset();
        return deeds.done(`The tenant ${tenant.name} has been made.`);
      },
    });
  }

  async load() {
    const [tenants, removals] = await Promise.all([this.#page(), this.#removalPage()]);
    return () => {
      this.#tenants.show(tenants.items, tenants);
      this.#removals.show(removals.items, removals);
    };
  }

  async #page(cursor = null) {
    const { tenants, count, next_cursor: next } = await this.#api.get("/tenants", { cursor });
    return { items: tenants, total: count, next: next && (() => this.#page(next)) };
  }

  async #removalPage(cursor = null) {
    const { removals, next_cursor: next } = await this.#api.get("/removals", { cursor });
    return { items: removals, next: next && (() => this.#removalPage(next)) };
  }
}

function tenantRow(tenant) {
  return [
    link(address("tenant", tenant.id), tenant.name),
    tenant.kind,
    String(tenant.members),
    tenant.parent_id ? tenantLink("tenant", tenant.parent_id) : "–",
    moment(tenant.created_at),
    id(tenant.id),
  ];
}

function removalRow(removal) {
  const rows = Object.values(removal.rows_remaining).reduce((sum, count) => sum + count, 0);
  const objects = removal.objects_remaining;
  const files = objects ? Object.values(objects).reduce((sum, count) => sum + count, 0) : "not counted yet,";
  return [
    id(removal.tenant_id),
    removal.reason.replaceAll("_", " "),
    removal.state,
    `${rows} rows, ${files} files`,
    moment(removal.asked_at),
    moment(removal.done_at),
  ];
}
