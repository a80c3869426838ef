/** The edge: decides who answers, passes on what may pass, and answers for who does not. */
import { cacheKey, isForEverybody } from "./cache";
import type { Env, Visit } from "./env";
import { measured } from "./limits";
import { onward } from "./onward";
import { page } from "./pages";
import { MAINTENANCE, NOT_FOUND, OUTAGE, refuse, tooLarge } from "./refusals";
import { isSocket, type Origin, originOf } from "./routes";
import { secured } from "./security";

/** API Gateway gives up after 30 s. Core has no such end: speech is made while it is heard. */
const API_PATIENCE_MS = 35_000;

/** What Cloudflare, the Tunnel or a load balancer says when nobody is behind it. */
const NOBODY_THERE = new Set([502, 504, 520, 521, 522, 523, 524, 525, 526, 527, 530]);

export default {
  async fetch(request: Request, env: Env, context: ExecutionContext): Promise<Response> {
    const visit: Visit = { request, url: new URL(request.url), id: crypto.randomUUID() };
    if (env.MAINTENANCE === "on") {
      return refuse(visit, MAINTENANCE);
    }
    const { pathname } = visit.url;
    const origin = originOf(pathname, (request.headers.get("accept") ?? "").includes("application/json"));
    if (isForAdmins(pathname) && env.ADMIN_HOST && visit.url.hostname !== env.ADMIN_HOST) {
      return refuse(visit, NOT_FOUND);
    }
    if (origin === null) {
      return page(visit, env);
    }
    return passOn(visit, origin, env, context);
  },
} satisfies ExportedHandler<Env>;

function isForAdmins(path: string): boolean {
  // The API compares paths as they were decoded, and so does whoever looks for a file.
  return /^\/+(api\/admin|console)(\/|$)/i.test(decoded(path));
}

function decoded(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}

/** Answer with what an origin says, from the cache where it may come from there. */
async function passOn(visit: Visit, origin: Origin, env: Env, context: ExecutionContext): Promise<Response> {
  const key = cacheKey(visit.request, visit.url);
  const kept = key && (await caches.default.match(key));
  if (kept) {
    return signed(new Response(kept.body, kept), visit);
  }
  const sent = await measured(visit);
  if ("limit" in sent) {
    return refuse(visit, tooLarge(sent.limit));
  }
  let answer: Response;
  try {
    answer = await ask(onward(visit, origin, env, sent.body), origin);
  } catch (error) {
    return outage(visit, origin, error);
  }
  if (answer.webSocket) {
    return answer;
  }
  if (isNobody(answer)) {
    return outage(visit, origin, new Error(`status ${answer.status}`));
  }
  const safe = secured(answer);
  if (key && isForEverybody(safe)) {
    context.waitUntil(caches.default.put(key, safe.clone()));
  }
  return signed(safe, visit);
}

/** Ask an origin, which must begin to answer in time. */
async function ask(request: Request, origin: Origin): Promise<Response> {
  if (origin === "core") {
    return fetch(request);
  }
  const patience = new AbortController();
  const timer = setTimeout(() => patience.abort(), API_PATIENCE_MS);
  try {
    return await fetch(request, { signal: patience.signal });
  } finally {
    clearTimeout(timer);
  }
}

/** Whether an answer is not an origin's own; all of ours carry their request id. */
function isNobody(answer: Response): boolean {
  return NOBODY_THERE.has(answer.status) && !answer.headers.has("x-request-id");
}

function outage(visit: Visit, origin: Origin, cause: unknown): Response {
  // A path's last parts may name somebody's session, and a query may hold a ticket: neither is logged.
  const [, first, second] = visit.url.pathname.split("/");
  const where = isSocket(visit.url.pathname) ? visit.url.pathname : `/${first ?? ""}/${second ?? ""}`;
  const kind = cause instanceof Error ? cause.message : typeof cause;
  console.error(JSON.stringify({ event: "origin_unreachable", origin, where, kind, request_id: visit.id }));
  return refuse(visit, OUTAGE);
}

/** Give an answer the visit's id, unless its origin has one of its own, under which it wrote its log. */
function signed(answer: Response, visit: Visit): Response {
  if (!answer.headers.has("x-request-id")) {
    answer.headers.set("x-request-id", visit.id);
  }
  return answer;
}
