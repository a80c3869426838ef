/** The apps' pages. The learner page's files are served without us; the console's come through here. */
import type { Env, Visit } from "./env";
import { METHOD_NOT_ALLOWED, NOT_FOUND, refuse, wantsPage } from "./refusals";
import { SECURITY } from "./security";

const CONSOLE = /^\/console(\/|$)/;

/** Answer with the app a path belongs to; a file that is missing stays missing. */
export async function page(visit: Visit, env: Env): Promise<Response> {
  const { request, url } = visit;
  if (request.method !== "GET" && request.method !== "HEAD") {
    return refuse(visit, METHOD_NOT_ALLOWED);
  }
  const isConsole = CONSOLE.test(url.pathname);
  const isFile = url.pathname.slice(url.pathname.lastIndexOf("/")).includes(".");
  if (url.pathname !== "/" && !(isFile ? isConsole : wantsPage(request))) {
    return refuse(visit, NOT_FOUND);
  }
  if (url.pathname === "/" && url.hostname === env.ADMIN_HOST) {
    return new Response(null, { status: 302, headers: { ...SECURITY, location: "/console/", "x-request-id": visit.id } });
  }
  const shell = isConsole ? "/console/index.html" : "/index.html";
  const asked = new URL(isFile ? url.pathname : shell, url);
  const answer = await env.ASSETS.fetch(new Request(asked, { method: request.method, headers: request.headers }));
  return answer.status === 404 ? refuse(visit, NOT_FOUND) : answer;
}
