/** What never changes is kept at the edge: signed pictures of curricula, whose address is their credential. */

/** Paths that may hold such things; asking the cache about any other would only take time. */
const KEPT = /^\/(assets|media)\//;

/** The key of a request that may be answered from the cache, else null. */
export function cacheKey(request: Request, url: URL): Request | null {
  const plain = !["authorization", "cookie", "range", "origin"].some((name) => request.headers.has(name));
  if (request.method !== "GET" || !plain || !KEPT.test(url.pathname)) {
    return null;
  }
  // Parameters in another order are the same thing.
  const sorted = new URL(url);
  sorted.searchParams.sort();
  return new Request(sorted);
}

/** Whether an answer may be given to anybody else who has its address, for as long as it says. */
export function isForEverybody(answer: Response): boolean {
  const control = answer.headers.get("cache-control") ?? "";
  const tells = answer.headers.has("vary") || answer.headers.has("set-cookie");
  return answer.status === 200 && !tells && /\bpublic\b/.test(control) && /\bimmutable\b/.test(control);
}
