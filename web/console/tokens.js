/** Beta tokens of a tenant: minted and shown once, labelled, limited, expired, rotated and revoked. */
import { path } from "./api.js";
import { fillChoice } from "./elements.js";
import { filled } from "./form.js";
import { local, moment, utc } from "./moments.js";
import { Table } from "./table.js";

export class Tokens {
  #api;
  #deeds;
  #minted;
  #table;
  #members;
  #dialog;
  #tenant = null;
  #names = new Map();
  #changing = null;

  constructor(section, { api, deeds, form, minted }) {
    this.#api = api;
    this.#deeds = deeds;
    this.#minted = minted;
    this.#members = section.querySelector("[name=user_id]");
    this.#dialog = section.querySelector("dialog");
    this.#table = new Table(section.querySelector("[data-table=tokens]"), {
      caption: "Beta tokens",
      nouns: ["token", "tokens"],
      columns: ["Label", "Member", "State", "A minute", "Expires", "Used last", "With", "Device", ""],
      row: (token) => this.#row(token),
    });
    const mint = form(section.querySelector("#mint"), {
      send: (values, key) => api.send("POST", path`/tenants/${this.#tenant}/tokens`, wanted(values), key),
      done: (answer) => {
        mint.reset();
        return this.#show(answer, "The token has been made.");
      },
    });
    form(section.querySelector("#change-token"), {
      send: (values) => api.send("PATCH", this.#place(this.#changing), changed(values)),
      done: ({ label }) => {
        this.#dialog.close();
        return deeds.done(`The token ${label} has been changed.`);
      },
    });
    section.querySelector("#keep-token").addEventListener("click", () => this.#dialog.close());
  }

  async load(tenant) {
    const [{ tokens }, { members }] = await Promise.all([
      this.#api.get(path`/tenants/${tenant}/tokens`),
      this.#api.get(path`/tenants/${tenant}/members`),
    ]);
    return () => {
      this.#tenant = tenant;
      this.#names = new Map(members.map((member) => [member.user_id, member.display_name || member.email]));
      const chosen = this.#members.value;
      fillChoice(this.#members, [["", "Choose a member"], ...this.#names]);
      this.#members.value = this.#names.has(chosen) ? chosen : "";
      this.#table.show(tokens);
    };
  }

  /** Show a token that was just made; behind the box, the list as it is now. */
  async #show({ token, details }, told) {
    this.#minted.show(token, nameOf(details));
    await this.#deeds.done(told);
  }

  #place(token) {
    return path`/tenants/${this.#tenant}/tokens/${token.id}`;
  }

  #row(token) {
    return [
      nameOf(token),
      this.#names.get(token.user_id) ?? token.user_id,
      stateOf(token),
      String(token.requests_per_minute),
      moment(token.expires_at),
      moment(token.last_used_at),
      [token.last_platform, token.last_version].filter(Boolean).join(" ") || "–",
      deviceOf(token),
      token.revoked_at ? "" : this.#buttons(token),
    ];
  }

  #buttons(token) {
    const about = nameOf(token);
    const change = this.#deeds.button({ label: "Change", about, run: async () => this.#change(token) });
    const rotate = this.#deeds.button({
      label: "Rotate",
      about,
      question: `Put a new token in the place of ${about}? Whoever has the old one is out at once.`,
      run: async () => {
        await this.#show(await this.#api.send("POST", `${this.#place(token)}/rotate`), "The token has been rotated.");
      },
    });
    const revoke = this.#deeds.button({
      label: "Revoke",
      about,
      question: `End ${about} for ever? Whoever has it is out at once.`,
      run: async () => {
        await this.#api.send("DELETE", this.#place(token));
        return `The token ${about} is revoked.`;
      },
    });
    return [change, rotate, revoke];
  }

  #change(token) {
    this.#changing = token;
    const { label, requests_per_minute: rate, expires_at: expiry } = this.#dialog.querySelector("form").elements;
    label.value = token.label;
    rate.value = token.requests_per_minute;
    expiry.value = local(token.expires_at);
    this.#dialog.showModal();
  }
}

/** What is minted, as the API wants it. */
function wanted({ requests_per_minute: rate, expires_at: expiry, binds_device: binds, ...values }) {
  return {
    ...filled({ ...values, expires_at: utc(expiry) }),
    ...(rate && { requests_per_minute: Number(rate) }),
    binds_device: binds === "on",
  };
}

/** What is changed: an expiry that was emptied is taken away. */
function changed({ label, requests_per_minute: rate, expires_at: expiry }) {
  return { label, requests_per_minute: Number(rate), expires_at: utc(expiry) || null };
}

function nameOf({ label, id }) {
  return label || id;
}

function stateOf({ revoked_at: revoked, expires_at: expiry }) {
  if (revoked) {
    return "revoked";
  }
  return expiry && new Date(expiry) < new Date() ? "expired" : "valid";
}

function deviceOf({ binds_device: binds, device_id: device }) {
  return binds ? (device ?? "the first that uses it") : "any";
}
