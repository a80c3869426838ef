/** One tenant: its name, its limits, copies of its data, and its end. */
import { path } from "./api.js";
import { address } from "./address.js";
import { id, make } from "./elements.js";
import { moment } from "./moments.js";
import { Table } from "./table.js";

export class Tenant {
  #api;
  #tenant = null;
  #section;
  #copies;
  #parts;

  constructor(section, { api, deeds, form, go }) {
    this.#api = api;
    this.#section = section;
    this.#copies = new Table(section.querySelector("[data-table=exports]"), {
      caption: "Copies of its data",
      nouns: ["copy", "copies"],
      columns: ["Asked for", "Status", "Progress", ""],
      row: (job) => this.#copyRow(job, deeds),
    });
    this.#parts = new Table(section.querySelector("[data-table=parts]"), {
      caption: "Files of the copy",
      nouns: ["file", "files"],
      columns: ["File", "Bytes", "SHA-256"],
      row: partRow,
    });
    form(section.querySelector("#rename"), {
      send: (values) => api.send("PATCH", path`/tenants/${this.#tenant.id}`, values),
      done: ({ name }) => deeds.done(`The tenant is called ${name} now.`),
    });
    form(section.querySelector("#limits"), {
      send: (values) => api.send("PUT", path`/tenants/${this.#tenant.id}/limits`, granted(values)),
      done: ({ account_per_minute: account, tenant_per_minute: all }) =>
        deeds.done(`Each account may make ${account} requests a minute now, and all together ${all}.`),
    });
    form(section.querySelector("#export"), {
      send: (_values, key) => api.send("POST", path`/tenants/${this.#tenant.id}/exports`, {}, key),
      done: () => deeds.done("A copy is being made. Load this page again to see how far it is."),
    });
    const removal = form(section.querySelector("#remove"), {
      send: (values) => api.send("DELETE", path`/tenants/${this.#tenant.id}`, values),
      done: async () => {
        removal.reset();
        await go(address("tenants"), "The tenant is removed. Its files follow within minutes.");
      },
    });
  }

  async load(tenantId) {
    const [tenant, limits, { jobs }] = await Promise.all([
      this.#api.get(path`/tenants/${tenantId}`),
      this.#api.get(path`/tenants/${tenantId}/limits`),
      this.#api.get("/jobs", { tenant_id: tenantId, kind: "tenant_export" }),
    ]);
    return () => {
      this.#tenant = tenant;
      this.#section.querySelector("#rename").elements.name.value = tenant.name;
      const facts = [tenant.kind, `${tenant.members} ${tenant.members === 1 ? "member" : "members"}`, tenant.id];
      this.#section.querySelector(".facts").textContent = facts.join(" · ");
      this.#showLimits(limits);
      this.#copies.show(jobs);
      this.#section.querySelector("#parts-of-export").hidden = true;
    };
  }

  #showLimits({ granted: own, ...limits }) {
    for (const [name, limit] of Object.entries(limits)) {
      const field = this.#section.querySelector("#limits").elements[name];
      field.value = own.includes(name) ? limit : "";
      field.placeholder = limit;
    }
  }

  #copyRow(job, deeds) {
    const files = deeds.button({
      label: "Files",
      about: `of the copy asked for ${job.created_at}`,
      run: () => this.#showParts(job.id),
    });
    return [
      moment(job.created_at),
      job.status,
      `${Math.round(job.progress * 100)} %`,
      job.status === "completed" ? files : "",
    ];
  }

  async #showParts(exportId) {
    const { parts } = await this.#api.get(path`/tenants/${this.#tenant.id}/exports/${exportId}`);
    const holder = this.#section.querySelector("#parts-of-export");
    holder.hidden = false;
    this.#parts.show((parts ?? []).map((part, n) => ({ ...part, number: n + 1 })));
    holder.querySelector("h3").focus();
  }
}

/** Limits as the API replaces them: one that is not granted is the deployment's. */
function granted(values) {
  return Object.fromEntries(Object.entries(values).map(([name, text]) => [name, text ? Number(text) : null]));
}

function partRow({ number, url, size, sha256 }) {
  // Signed, good for an hour, and only ever on this host.
  const { pathname, search } = new URL(url, location.origin);
  const file = make("a", { href: `${pathname}${search}`, download: "" }, `Part ${number}`);
  return [file, size.toLocaleString(), id(sha256)];
}
