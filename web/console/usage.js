/** What was used and what it cost: to look at, and as a table for spreadsheets. */
import { path } from "./api.js";
import { make } from "./elements.js";
import { Busy } from "./form.js";
import { dollars } from "./money.js";
import { Table } from "./table.js";
import { tenantLink } from "./tenant-link.js";

export class Usage {
  #api;
  #form;
  #total;
  #spending;
  #prices;
  #tenant = null;

  constructor(section, { api, search, failed }) {
    this.#api = api;
    this.#form = section.querySelector("form");
    this.#total = section.querySelector(".total");
    this.#spending = new Table(section.querySelector("[data-table=spending]"), {
      caption: "Spending by day and tenant",
      nouns: ["tenant's day", "tenants' days"],
      columns: ["Day (UTC)", "Tenant", "Cost"],
      row: ({ day, tenant, micro }) => [day, tenantLink("usage", tenant), dollars(micro)],
    });
    this.#prices = new Table(section.querySelector("[data-table=usage]"), {
      caption: "Usage by price",
      nouns: ["row", "rows"],
      columns: ["Day (UTC)", "Tenant", "Kind", "Vendor", "Model", "Quantity", "Unit", "Events", "Cost"],
      row: usageRow,
    });
    search(this.#form, this);
    const button = section.querySelector("#download");
    button.addEventListener("click", () => this.#download(button, failed));
  }

  async load(tenant) {
    const { first, last, total_micro_usd: total, usage } = await this.#api.get(place(tenant), this.#range());
    return () => {
      this.#tenant = tenant;
      this.#total.textContent = `${dollars(total)} from ${first} to ${last}, both included.`;
      this.#spending.show(byDayAndTenant(usage));
      this.#prices.show(usage.toReversed());
    };
  }

  #range() {
    const { first, last } = this.#form.elements;
    return { first: first.value, last: last.value };
  }

  async #download(button, failed) {
    const busy = new Busy(button);
    try {
      const table = await this.#api.table(place(this.#tenant), this.#range());
      const href = URL.createObjectURL(table);
      make("a", { href, download: `usage${this.#tenant ? `-${this.#tenant}` : ""}.csv` }).click();
      // The browser reads it after this.
      setTimeout(() => URL.revokeObjectURL(href), 60_000);
    } catch (error) {
      failed(error);
    } finally {
      busy.end();
    }
  }
}

function place(tenant) {
  return tenant ? path`/tenants/${tenant}/usage` : "/usage";
}

/** The newest day first, and in each who spent most. */
function byDayAndTenant(usage) {
  const sums = new Map();
  for (const { day, tenant_id: tenant, micro_usd: micro } of usage) {
    const sum = sums.get(`${day} ${tenant}`) ?? { day, tenant, micro: 0 };
    sum.micro += micro;
    sums.set(`${day} ${tenant}`, sum);
  }
  return [...sums.values()].sort((a, b) => b.day.localeCompare(a.day) || b.micro - a.micro);
}

function usageRow(row) {
  return [
    row.day,
    tenantLink("usage", row.tenant_id),
    row.kind.replaceAll("_", " "),
    row.provider,
    row.model,
    row.quantity.toLocaleString("en-US"),
    row.unit.replaceAll("_", " "),
    row.events.toLocaleString("en-US"),
    dollars(row.micro_usd),
  ];
}
