/** Jobs of every tenant, among them the dead letters: seen, cancelled, paused, resumed and retried. */
import { path } from "./api.js";
import { id, make } from "./elements.js";
import { dollars } from "./money.js";
import { moment } from "./moments.js";
import { Table } from "./table.js";
import { tenantLink } from "./tenant-link.js";

/** What can be done to a job in each state. */
const VERBS = {
  queued: ["pause", "cancel"],
  running: ["pause", "cancel"],
  paused: ["resume", "cancel"],
  failed: ["retry"],
  cancelled: ["retry"],
  completed: [],
};
const QUESTIONS = { cancel: (about) => `End ${about}? What it has done so far stays.` };

export class Jobs {
  #api;
  #deeds;
  #form;
  #table;
  #dialog;
  #events;

  constructor(section, { api, deeds, search, failed }) {
    this.#api = api;
    this.#deeds = deeds;
    this.#form = section.querySelector("#find-jobs");
    this.#dialog = section.querySelector("dialog");
    this.#table = new Table(section.querySelector("[data-table=jobs]"), {
      caption: "Jobs",
      nouns: ["job", "jobs"],
      columns: ["Kind", "Status", "Progress", "Runs", "What is wrong", "Cost", "Tenant", "Asked for", "Id", ""],
      row: (job) => this.#row(job),
      failed,
    });
    this.#events = new Table(section.querySelector("[data-table=events]"), {
      caption: "Events of the job",
      nouns: ["event", "events"],
      columns: ["When", "What", "Particulars"],
      row: ({ at, type, data }) => [moment(at), type, JSON.stringify(data)],
      failed,
    });
    search(this.#form, this);
    section.querySelector("#dead-letters").addEventListener("click", () => {
      this.#form.elements.status.value = "failed";
      this.#form.requestSubmit();
    });
  }

  async load(tenant) {
    const { status, kind } = this.#form.elements;
    const page = await this.#page({ status: status.value, kind: kind.value.trim(), tenant_id: tenant });
    return () => this.#table.show(page.items, page);
  }

  async #page(query, cursor = null) {
    const { jobs, next_cursor: next } = await this.#api.get("/jobs", { ...query, cursor });
    return { items: jobs, next: next && (() => this.#page(query, next)) };
  }

  #row(job) {
    return [
      job.kind,
      job.asked ? `${job.status}, ${job.asked} asked for` : job.status,
      `${Math.round(job.progress * 100)} %${job.stage ? ` · ${job.stage}` : ""}`,
      String(job.attempt),
      problemOf(job),
      dollars(job.cost_micro_usd),
      tenantLink("jobs", job.tenant_id),
      moment(job.created_at),
      id(job.id),
      [this.#look(job), ...VERBS[job.status].map((verb) => this.#verb(job, verb))],
    ];
  }

  #look(job) {
    const run = async () => {
      const page = await this.#eventPage(job, 0);
      this.#events.show(page.items, page);
      this.#dialog.showModal();
    };
    return this.#deeds.button({ label: "Events", about: nameOf(job), run });
  }

  async #eventPage(job, after) {
    const found = await this.#api.get(`${place(job)}/events`, { cursor: String(after) });
    const more = found.events.length > 0 && !found.ended;
    return { items: found.events, next: more ? () => this.#eventPage(job, found.cursor) : undefined };
  }

  #verb(job, verb) {
    const about = nameOf(job);
    return this.#deeds.button({
      label: verb.charAt(0).toUpperCase() + verb.slice(1),
      about,
      question: QUESTIONS[verb]?.(about),
      run: async () => {
        const answer = await this.#api.send("POST", `${place(job)}/${verb}`);
        const asked = answer.job.asked ? "; it does so at its next step" : "";
        return `The job ${job.id} is ${answer.job.status}${asked}.`;
      },
    });
  }
}

function place(job) {
  return path`/tenants/${job.tenant_id}/jobs/${job.id}`;
}

function nameOf({ kind, id: jobId }) {
  return `${kind} ${jobId}`;
}

function problemOf({ error }) {
  if (!error) {
    return "–";
  }
  return [make("strong", {}, error.code), " ", error.message, make("p", {}, error.remedy)];
}
