/** Caps of a tenant, or of the deployment, and how much of them is used. */
import { path } from "./api.js";
import { make } from "./elements.js";
import { dollars, microDollars } from "./money.js";
import { Table } from "./table.js";

export class Budgets {
  #api;
  #tenant = null;
  #ofTenant;
  #ofAll;
  #tables;

  constructor(section, { api, deeds, form }) {
    this.#api = api;
    this.#ofTenant = section.querySelector("#tenant-caps");
    this.#ofAll = section.querySelector("#deployment-caps");
    const holder = section.querySelector("[data-table=budgets]");
    const shared = { caption: "Budgets", nouns: ["budget", "budgets"], row: budgetRow };
    const columns = ["Period", "Cap", "Spent", "Reserved", "Left", "Used"];
    this.#tables = {
      tenant: new Table(holder.appendChild(make("div")), { ...shared, columns }),
      all: new Table(holder.appendChild(make("div")), {
        ...shared,
        columns: [...columns, "Cap of a tenant without one of its own"],
      }),
    };
    form(this.#ofTenant, {
      send: (values) => api.send("PUT", path`/tenants/${this.#tenant}/budget`, ownCaps(values)),
      done: (answer) => this.#saved(deeds, this.#ofTenant, answer),
    });
    form(this.#ofAll, {
      send: (values) => api.send("PUT", "/budget", caps(values)),
      done: (answer) => this.#saved(deeds, this.#ofAll, answer),
    });
  }

  async load(tenant) {
    const { budgets } = await this.#api.get(tenant ? path`/tenants/${tenant}/budget` : "/budget");
    return () => {
      this.#tenant = tenant;
      this.#ofTenant.hidden = !tenant;
      this.#ofAll.hidden = Boolean(tenant);
      this.#tables[tenant ? "tenant" : "all"].show(budgets);
      this.#tables[tenant ? "all" : "tenant"].hide();
    };
  }

  #saved(deeds, form, { budgets }) {
    form.reset();
    const told = budgets.map(({ period, cap_micro_usd: cap }) => `${dollars(cap)} a ${period}`);
    return deeds.done(`The caps are ${told.join(" and ")} now.`);
  }
}

/** The fields that were filled in, in micro-dollars; what was left empty stays as it is. */
function caps(values) {
  const given = Object.entries(values).filter(([, text]) => text.trim());
  return Object.fromEntries(given.map(([name, text]) => [name, microDollars(name, text)]));
}

/** A tenant's own caps: without one it has the deployment's. */
function ownCaps({ day_inherited: day, month_inherited: month, ...values }) {
  return { ...caps(values), ...(day && { day_micro_usd: null }), ...(month && { month_micro_usd: null }) };
}

function budgetRow(budget) {
  const { period, cap_micro_usd: cap, spent_micro_usd: spent, reserved_micro_usd: reserved } = budget;
  const used = spent + reserved;
  const share = cap > 0 ? `${Math.min(999, Math.floor((used * 100) / cap))} %` : "–";
  const left = dollars(Math.max(0, cap - used));
  const row = [period === "day" ? "Today" : "This month", dollars(cap), dollars(spent), dollars(reserved), left, share];
  return budget.tenant_cap_micro_usd === undefined ? row : [...row, dollars(budget.tenant_cap_micro_usd)];
}
