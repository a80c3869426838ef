/** The administrators' console: puts the parts together and decides which of its views is shown. */
import { Notices } from "/notices.js";
import { Api, ApiError, path } from "./api.js";
import { address, startOver, whereabouts } from "./address.js";
import { Audit } from "./audit.js";
import { Budgets } from "./budgets.js";
import { Confirmation } from "./confirmation.js";
import { forgetCredential, storedCredential } from "./credential.js";
import { Deeds } from "./deeds.js";
import { link, make } from "./elements.js";
import { Features } from "./features.js";
import { Busy, Form } from "./form.js";
import { Jobs } from "./jobs.js";
import { Members } from "./members.js";
import { Minted } from "./minted.js";
import { People } from "./people.js";
import { SignIn } from "./sign-in.js";
import { Tenant } from "./tenant.js";
import { Tenants } from "./tenants.js";
import { Tokens } from "./tokens.js";
import { Usage } from "./usage.js";

/** Where Cloudflare Access ends a sign-in; it answers there on every host it guards. */
const ACCESS_LOGOUT = "/cdn-cgi/access/logout";

/** Each view: its name in the navigation, what shows it, and whether it is of all tenants, of one, or of either. */
const VIEWS = {
  tenants: { title: "Tenants", View: Tenants, of: ["all"] },
  tenant: { title: "Overview", View: Tenant, of: ["tenant"] },
  members: { title: "Members", View: Members, of: ["tenant"] },
  people: { title: "People", View: People, of: ["all", "tenant"] },
  tokens: { title: "Beta tokens", View: Tokens, of: ["tenant"] },
  budgets: { title: "Budgets", View: Budgets, of: ["all", "tenant"] },
  usage: { title: "Usage", View: Usage, of: ["all", "tenant"] },
  features: { title: "Features", View: Features, of: ["all", "tenant"] },
  jobs: { title: "Jobs", View: Jobs, of: ["all", "tenant"] },
  audit: { title: "Audit log", View: Audit, of: ["all", "tenant"] },
};

const byId = (id) => document.getElementById(id);
const sectionOf = (view) => document.querySelector(`[data-view="${view}"]`);

const api = new Api(storedCredential);
const notices = new Notices(byId("notices"), byId("notice"));
const deeds = new Deeds({ notices, confirmation: new Confirmation(byId("confirmation")), failed, refresh });
const form = (element, steps) => new Form(element, { expired: ended, ...steps });
const search = (element, view) =>
  form(element, { send: () => view.load(whereabouts().tenant), done: (render) => render() });
const tools = { api, deeds, form, search, failed, go, minted: new Minted(byId("minted")) };
const views = Object.fromEntries(
  Object.entries(VIEWS).map(([view, { View }]) => [view, new View(sectionOf(view), tools)]),
);
const signIn = new SignIn(sectionOf("sign-in"), { api, form, known: start });

/** Who is signed in, as the API tells. */
let person = null;
/** The address whose view is shown, or about to be. */
let shown = null;
/** Names of tenants, by id. */
const names = new Map();

/** Find out who is asking, then show what the address asks for. */
async function start() {
  try {
    person = await api.get("/session");
  } catch (error) {
    failed(error);
    return;
  }
  const reach = person.tenants ? `, of ${person.tenants.length} tenant${person.tenants.length === 1 ? "" : "s"}` : "";
  byId("person").textContent = `${person.name} (${person.role}${reach})`;
  byId("account").hidden = false;
  await route();
}

/** Show the view the address asks for, unless somebody has moved on before it was loaded. */
async function route() {
  const asked = location.search;
  shown = asked;
  notices.clearAll();
  const { view, tenant } = wanted();
  byId("main").setAttribute("aria-busy", "true");
  try {
    const [render, name] = await Promise.all([views[view].load(tenant), tenant && nameOf(tenant)]);
    if (shown === asked) {
      render();
      show(view, tenant, name);
    }
  } catch (error) {
    if (shown === asked) {
      hideViews();
      navigate(view, tenant, "");
    }
    failed(error);
  } finally {
    byId("main").removeAttribute("aria-busy");
  }
}

/** Show the same view as it is now; whoever is at a field or button that is still there stays there. */
async function refresh() {
  const asked = shown;
  const { view, tenant } = wanted();
  if (view === "tenant") {
    names.delete(tenant);
  }
  try {
    const [render, name] = await Promise.all([views[view].load(tenant), tenant && nameOf(tenant)]);
    if (shown === asked) {
      render();
      navigate(view, tenant, name);
      stay(view);
    }
  } catch (error) {
    failed(error);
  }
}

/** Whoever was on a button that is gone is at the view's beginning, not nowhere. */
function stay(view) {
  if (document.activeElement === document.body) {
    sectionOf(view).querySelector("h1").focus({ preventScroll: true });
  }
}

/** Move to another address, and say there why. */
async function go(target, text) {
  history.pushState(null, "", target);
  await route();
  notices.show("done", text);
}

/** What the address asks for; the tenants, where there is no such thing. */
function wanted() {
  const { view, tenant } = whereabouts();
  const isThere = Object.hasOwn(VIEWS, view) && VIEWS[view].of.includes(tenant ? "tenant" : "all");
  return isThere ? { view, tenant } : { view: "tenants", tenant: null };
}

async function nameOf(tenant) {
  if (!names.has(tenant)) {
    const found = await api.get(path`/tenants/${tenant}`);
    names.set(tenant, found.name);
  }
  return names.get(tenant);
}

function show(view, tenant, name) {
  hideViews();
  const section = sectionOf(view);
  section.hidden = false;
  navigate(view, tenant, name);
  document.title = [VIEWS[view].title, name, "UnaMentis console"].filter(Boolean).join(" · ");
  scrollTo(0, 0);
  section.querySelector("h1").focus({ preventScroll: true });
}

function hideViews() {
  for (const section of document.querySelectorAll("[data-view]")) {
    section.hidden = true;
  }
}

/** Fill the navigation: what there is of everything, and of the tenant that is looked at. */
function navigate(view, tenant, name) {
  fillNavigation(byId("parts"), "all", null, tenant ? null : view);
  byId("tenant-bar").hidden = !tenant;
  byId("tenant-name").textContent = name ?? "";
  fillNavigation(byId("tenant-parts"), "tenant", tenant, view);
  byId("parts").parentElement.hidden = false;
}

function fillNavigation(list, of, tenant, current) {
  const parts = Object.entries(VIEWS).filter(([, part]) => part.of.includes(of));
  const items = parts.map(([view, { title }]) => {
    const anchor = link(address(view, tenant), title);
    if (view === current) {
      anchor.setAttribute("aria-current", "page");
    }
    return make("li", {}, anchor);
  });
  list.replaceChildren(...items);
}

/** Say what went wrong, where no form says it. */
function failed(error) {
  if (!(error instanceof ApiError)) {
    throw error;
  }
  if (error.status === 401 || error.code === "not_an_administrator") {
    ended(error);
  } else {
    notices.show("problem", error.text, { label: "Try again", run: person ? route : start });
  }
}

/** Nobody is signed in any more. */
function ended(error) {
  const had = storedCredential() !== null;
  forgetCredential();
  person = null;
  names.clear();
  forgetWhatWasSeen();
  for (const dialog of document.querySelectorAll("dialog[open]")) {
    dialog.close();
  }
  hideViews();
  byId("account").hidden = true;
  byId("parts").parentElement.hidden = true;
  byId("tenant-bar").hidden = true;
  document.title = "Sign in · UnaMentis console";
  signIn.show(error, had);
}

/** Take what was seen out of the page, and what was typed; whoever signs in gets it anew. */
function forgetWhatWasSeen() {
  notices.clearAll();
  for (const part of document.querySelectorAll("[data-seen], [data-table] tbody, [data-table] [role=status]")) {
    part.replaceChildren();
  }
  for (const one of document.querySelectorAll("main form")) {
    one.reset();
  }
}

async function signOut() {
  const busy = new Busy(byId("sign-out"));
  const viaAccess = storedCredential() === null;
  try {
    await api.send("DELETE", "/session");
  } catch (error) {
    if (error.status !== 401) {
      busy.end();
      failed(error);
      return;
    }
  }
  forgetCredential();
  if (viaAccess) {
    location.replace(ACCESS_LOGOUT);
  } else {
    startOver();
  }
}

/** Follow the console's own links without loading it again. */
function followLink(event) {
  const anchor = event.target.closest("a[data-route]");
  if (anchor && !event.metaKey && !event.ctrlKey && !event.shiftKey && event.button === 0) {
    event.preventDefault();
    history.pushState(null, "", anchor.getAttribute("href"));
    route();
  }
}

document.addEventListener("click", followLink);
byId("sign-out").addEventListener("click", signOut);
addEventListener("popstate", () => location.search !== shown && person && route());
// What a browser kept of the page from before a sign-out is not shown again.
addEventListener("pageshow", ({ persisted }) => persisted && location.reload());
start();
