/** The apps' pages. Files that exist are served without us: what arrives here is an address inside an app. */
import type { Env, Visit } from "./env";
import { METHOD_NOT_ALLOWED, NOT_FOUND, refuse, wantsPage } from "./refusals";

const CONSOLE = /^\/console(\/|$)/;

/** Answer with the app a path belongs to; a file that is missing stays missing. */
export async function page(visit: Visit, env: Env): Promise<Response> {
  const { request, url } = visit;
  if (request.method !== "GET" && request.method !== "HEAD") {
    return refuse(visit, METHOD_NOT_ALLOWED);
  }
  const isFile = url.pathname.slice(url.pathname.lastIndexOf("/")).includes(".");
  if (url.pathname !== "/" && (isFile || !wantsPage(request))) {
    return refuse(visit, NOT_FOUND);
  }
  const shell = CONSOLE.test(url.pathname) ? "/console/index.html" : "/index.html";
  const asked = new Request(new URL(shell, url), { method: request.method, headers: request.headers });
  const answer = await env.ASSETS.fetch(asked);
  return answer.status === 404 ? refuse(visit, NOT_FOUND) : answer;
}
