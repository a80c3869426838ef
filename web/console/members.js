/** Who belongs to a tenant, and in which role. */
import { path } from "./api.js";
import { fillChoice, id, make } from "./elements.js";
import { invalid } from "./form.js";
import { moment } from "./moments.js";
import { Table } from "./table.js";

export const ROLES = ["learner", "teacher", "admin", "owner"];

export class Members {
  #api;
  #deeds;
  #table;
  #tenant = null;

  constructor(section, { api, deeds, form }) {
    this.#api = api;
    this.#deeds = deeds;
    this.#table = new Table(section.querySelector("[data-table=members]"), {
      caption: "Members",
      nouns: ["member", "members"],
      columns: ["Name", "E-mail", "Role", "Since", "Id", ""],
      row: (member) => this.#row(member),
    });
    const added = form(section.querySelector("form"), {
      send: async ({ person, role }) => {
        const found = await this.#find(person.trim());
        await this.#put(found, role);
        return person.trim();
      },
      done: (person) => {
        added.reset();
        return deeds.done(`${person} is a member now.`);
      },
    });
  }

  async load(tenant) {
    const { members } = await this.#api.get(path`/tenants/${tenant}/members`);
    return () => {
      this.#tenant = tenant;
      this.#table.show(members);
    };
  }

  /** Whose address it is; an id is taken as it is. */
  async #find(person) {
    if (!person.includes("@")) {
      return person;
    }
    const { users } = await this.#api.get("/users", { q: person });
    const found = users.find((user) => user.email.toLowerCase() === person.toLowerCase());
    if (!found) {
      throw invalid("person", "nobody you administer has this address");
    }
    return found.id;
  }

  #put(userId, role) {
    return this.#api.send("PUT", path`/tenants/${this.#tenant}/members/${userId}`, { role });
  }

  #row(member) {
    const about = member.display_name;
    const choice = make("select", { ariaLabel: `Role of ${about}` });
    fillChoice(choice, ROLES.map((role) => [role, role]));
    choice.value = member.role;
    const change = this.#deeds.button({
      label: "Change role",
      about: `of ${about}`,
      run: async () => {
        await this.#put(member.user_id, choice.value);
        return `The role of ${about} is ${choice.value} now.`;
      },
    });
    const remove = this.#deeds.button({
      label: "Remove",
      about,
      question: `End the membership of ${about}? The account stays.`,
      run: async () => {
        await this.#api.send("DELETE", path`/tenants/${this.#tenant}/members/${member.user_id}`);
        return `${about} is no member any more.`;
      },
    });
    return [about, member.email, choice, moment(member.created_at), id(member.user_id), [change, remove]];
  }
}
