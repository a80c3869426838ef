/** Accounts: found, made, locked, unlocked and removed. */
import { path } from "./api.js";
import { id } from "./elements.js";
import { filled } from "./form.js";
import { moment } from "./moments.js";
import { Table } from "./table.js";
import { tenantLink } from "./tenant-link.js";

/** Of a page of accounts. */
const PAGE = "100";

export class People {
  #api;
  #deeds;
  #table;
  #section;
  #tenant = null;

  constructor(section, { api, deeds, form, search, failed }) {
    this.#api = api;
    this.#deeds = deeds;
    this.#section = section;
    this.#table = new Table(section.querySelector("[data-table=people]"), {
      caption: "People",
      nouns: ["person", "people"],
      columns: ["Name", "E-mail", "Role", "Status", "Tenant", "Signed in last", "Id", ""],
      row: (user) => this.#row(user),
      failed,
    });
    search(section.querySelector("#find-people"), this);
    const added = form(section.querySelector("#add-person"), {
      send: (values, key) => api.send("POST", "/users", this.#account(values), key),
      done: ({ user }) => {
        added.reset();
        return deeds.done(`${user.display_name} has an account now.`);
      },
    });
  }

  async load(tenant) {
    const query = { q: this.#section.querySelector("#find-people").elements.q.value.trim(), tenant_id: tenant };
    const page = await this.#page(query);
    return () => {
      this.#tenant = tenant;
      // Alone in a tenant of one's own there is one role.
      this.#section.querySelector("[name=role]").closest("label").hidden = !tenant;
      this.#table.show(page.items, page);
    };
  }

  #account({ role, ...values }) {
    return filled(this.#tenant ? { ...values, role, tenant_id: this.#tenant } : values);
  }

  async #page(query, cursor = null) {
    const { users, count, next_cursor: next } = await this.#api.get("/users", { ...query, limit: PAGE, cursor });
    return { items: users, total: count, next: next && (() => this.#page(query, next)) };
  }

  #row(user) {
    return [
      user.display_name,
      user.email,
      user.role,
      user.status,
      tenantLink("members", user.tenant_id),
      moment(user.last_login),
      id(user.id),
      this.#buttons(user),
    ];
  }

  #buttons(user) {
    const about = user.display_name;
    const locked = user.status === "suspended";
    const lock = this.#deeds.button({
      label: locked ? "Unlock" : "Lock",
      about,
      question: locked ? undefined : `Lock ${about} out, everywhere and at once, until somebody unlocks the account?`,
      run: async () => {
        await this.#api.send("POST", path`/users/${user.id}/${locked ? "unlock" : "lock"}`);
        return locked ? `${about} may come in again.` : `${about} is locked out.`;
      },
    });
    const remove = this.#deeds.button({
      label: "Delete",
      about,
      question: `Delete the account of ${about} (${user.email}) and everything of it? It cannot be taken back.`,
      run: async () => {
        await this.#api.send("DELETE", path`/users/${user.id}`);
        return `The account of ${about} is deleted.`;
      },
    });
    return [lock, remove];
  }
}
