/** Answers the edge gives in an origin's stead: a page for people, the API's envelope for programs. */
import type { Visit } from "./env";
import { pageHeaders, SECURITY } from "./security";

interface Refusal {
  readonly status: number;
  readonly code: string;
  /** For programs, and what a page says under its title. */
  readonly message: string;
  readonly title: string;
  /** Seconds after which it may go better. */
  readonly retryAfter?: number;
}

export const MAINTENANCE: Refusal = {
  status: 503,
  code: "maintenance",
  message: "UnaMentis is being looked after; try again in a few minutes",
  title: "Back in a moment",
  retryAfter: 120,
};

export const OUTAGE: Refusal = {
  status: 503,
  code: "unavailable",
  message: "the service does not answer; try again in half a minute",
  title: "Your tutor cannot be reached",
  retryAfter: 30,
};

export const NOT_FOUND: Refusal = { status: 404, code: "not_found", message: "no such path", title: "Nothing here" };

export const METHOD_NOT_ALLOWED: Refusal = {
  status: 405,
  code: "method_not_allowed",
  message: "use GET or HEAD here",
  title: "Nothing here",
};

export function tooLarge(limit: number): Refusal {
  return {
    status: 413,
    code: "payload_too_large",
    message: `the body must have at most ${limit} bytes`,
    title: "That is too much",
  };
}

/** Whether a person's browser asks for a page. */
export function wantsPage(request: Request): boolean {
  const reads = request.method === "GET" || request.method === "HEAD";
  return reads && (request.headers.get("accept") ?? "").includes("text/html");
}

/** Answer a visit with a refusal. */
export function refuse(visit: Visit, refusal: Refusal): Response {
  const headers = new Headers({ "cache-control": "no-store", "x-request-id": visit.id });
  if (refusal.retryAfter !== undefined) {
    headers.set("retry-after", String(refusal.retryAfter));
  }
  if (refusal.status === METHOD_NOT_ALLOWED.status) {
    headers.set("allow", "GET, HEAD");
  }
  const isPage = wantsPage(visit.request);
  const nonce = crypto.randomUUID();
  const described = isPage ? pageHeaders(nonce) : { ...SECURITY, ...READABLE };
  for (const [name, value] of Object.entries(described)) {
    headers.set(name, value);
  }
  headers.set("content-type", isPage ? "text/html; charset=utf-8" : "application/json");
  const body = isPage ? page(refusal, visit.id, nonce) : envelope(refusal, visit.id);
  return new Response(visit.request.method === "HEAD" ? null : body, { status: refusal.status, headers });
}

/** A refusal of ours holds nothing secret, so a page of any origin may read why it got one. */
const READABLE = {
  "access-control-allow-origin": "*",
  "access-control-expose-headers": "X-Request-Id, Retry-After",
};

/** The API's error body (shared/api/errors.py). */
function envelope(refusal: Refusal, id: string): string {
  const { message, code } = refusal;
  return JSON.stringify({ error: message, message, code, request_id: id, success: false });
}

function page(refusal: Refusal, id: string, nonce: string): string {
  const again = refusal.retryAfter === undefined ? "" : `<meta http-equiv="refresh" content="${refusal.retryAfter}">`;
  const said = refusal.message.charAt(0).toUpperCase() + refusal.message.slice(1);
  return `<!doctype html>
<html lang="en">
<head>
  <meta charset="utf-8">
  <meta name="viewport" content="width=device-width, initial-scale=1">
  <meta name="color-scheme" content="light dark">
  ${again}
  <title>${refusal.title}</title>
  <style nonce="${nonce}">
    body { margin: 20vh auto 0; max-width: 34rem; padding: 0 1.5rem; font: 1.125rem/1.6 system-ui, sans-serif }
    h1 { font-size: 1.75rem; line-height: 1.25 }
    code { font-size: 0.875rem; overflow-wrap: anywhere }
  </style>
</head>
<body>
  <main>
    <h1>${refusal.title}</h1>
    <p>${said}.</p>
    <p><a href="/">Go to the first page</a></p>
    <p><small>If you ask somebody for help, give them this number: <code>${id}</code></small></p>
  </main>
</body>
</html>
`;
}
