/** What a request looks like when it goes on to an origin: nothing a client could forge is left in it. */
import type { Env, Visit } from "./env";
import { isSocket, type Origin } from "./routes";

/** The Access assertion is signed: the API verifies it, and it is worth nothing when forged. */
const ASSERTION = "cf-access-jwt-assertion";

/** Names that say where a request came from, or that it came through here. Ours are set anew. */
const FORGEABLE = ["cf-", "x-forwarded-", "x-envoy-", "x-amz", "x-original-", "x-http-method"];
const FORGEABLE_NAMES = new Set([
  "forwarded",
  "true-client-ip",
  "via",
  "x-client-address",
  "x-client-ip",
  "x-cluster-client-ip",
  "x-method-override",
  "x-origin-secret",
  "x-real-ip",
  "x-request-id",
  "x-rewrite-url",
]);

/** Headers of the one connection they came over (RFC 9110, 7.6.1). */
const OF_ONE_HOP = new Set([
  "connection",
  "keep-alive",
  "proxy-authorization",
  "proxy-connection",
  "te",
  "trailer",
  "transfer-encoding",
]);

/**
 * Return the request for an origin.
 * @param body what stands in for the visit's own body
 */
export function onward(visit: Visit, origin: Origin, env: Env, body: BodyInit | null): Request {
  const { request, url, id } = visit;
  // Part by part: read as a reference, a path that begins with two slashes would name another host.
  const target = new URL(origin === "core" ? env.CORE_ORIGIN : env.API_ORIGIN);
  target.pathname = url.pathname;
  target.search = url.search;
  const headers = onlyTheClients(request.headers);
  const address = env.ADDRESS_HEADER && request.headers.get(env.ADDRESS_HEADER);
  if (address) {
    headers.set("x-client-address", address);
  }
  if (env.ORIGIN_SECRET) {
    headers.set("x-origin-secret", env.ORIGIN_SECRET);
  }
  headers.set("x-request-id", id);
  headers.set("x-forwarded-host", url.host);
  headers.set("x-forwarded-proto", url.protocol.slice(0, -1));
  if (!isSocket(url.pathname)) {
    headers.delete("upgrade");
  }
  if (body === null) {
    headers.delete("content-length");
  }
  return new Request(target, { method: request.method, headers, body, redirect: "manual" });
}

/** Return the headers a client may speak for. */
function onlyTheClients(sent: Headers): Headers {
  const kept = new Headers();
  const named = (sent.get("connection") ?? "").toLowerCase().split(",").map((name) => name.trim());
  for (const [name, value] of sent) {
    if (name === ASSERTION || !(isForgeable(name) || OF_ONE_HOP.has(name) || isNamed(named, name))) {
      kept.append(name, value);
    }
  }
  return kept;
}

function isForgeable(header: string): boolean {
  return FORGEABLE_NAMES.has(header) || FORGEABLE.some((beginning) => header.startsWith(beginning));
}

/** Whether `Connection` names a header as its own; it may not take `Authorization` from what we pass on. */
function isNamed(named: readonly string[], header: string): boolean {
  return header !== "upgrade" && header !== "authorization" && named.includes(header);
}
