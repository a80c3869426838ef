/** Headers that tell browsers what must not happen; build.mjs writes the same ones for files served without us. */

/** For whatever is not a page: nothing in it may run, whoever shows it. */
export const SECURITY = {
  "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
  "referrer-policy": "no-referrer",
  "strict-transport-security": "max-age=31536000; includeSubDomains",
  "x-content-type-options": "nosniff",
  "x-frame-options": "DENY",
} as const;

/** What the apps need: their own files, their own server, and pictures they have fetched themselves. */
const APP_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' blob:",
  "font-src 'self'",
  "media-src 'self' blob:",
  "connect-src 'self'",
  "worker-src 'self'",
  "manifest-src 'self'",
  "form-action 'none'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
].join("; ");

/** For the apps. They ask again for each file, so that an update is seen; the answer is mostly 304. */
export const APP = {
  ...SECURITY,
  "cache-control": "no-cache",
  "content-security-policy": APP_POLICY,
  "cross-origin-opener-policy": "same-origin",
  "permissions-policy": "microphone=(self), camera=(), geolocation=(), payment=(), usb=()",
} as const;

/** For a page of the edge's own, which brings one style and nothing else. */
export function pageHeaders(nonce: string): Record<string, string> {
  const policy = `default-src 'none'; style-src 'nonce-${nonce}'; form-action 'none'; base-uri 'none'; frame-ancestors 'none'`;
  return { ...SECURITY, "content-security-policy": policy };
}

/** Add to an origin's answer what it has not said itself, and take away what it says about its software. */
export function secured(answer: Response): Response {
  const safe = new Response(answer.body, answer);
  for (const [name, value] of Object.entries(SECURITY)) {
    if (!safe.headers.has(name)) {
      safe.headers.set(name, value);
    }
  }
  safe.headers.delete("server");
  safe.headers.delete("x-powered-by");
  return safe;
}
