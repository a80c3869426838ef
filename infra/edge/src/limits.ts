/** How much a body may bring. */
import type { Visit } from "./env";
import { limitOf } from "./routes";

/** A body to pass on, or the limit it exceeds. */
export type Measured = { readonly body: ReadableStream | ArrayBuffer | null } | { readonly limit: number };

/**
 * Measure a visit's body. A length that was announced is believed, because nothing longer arrives under it. A body
 * without one is gathered first: broken off on its way, the part that had left would look like the whole.
 */
export async function measured(visit: Visit): Promise<Measured> {
  const limit = limitOf(visit.url.pathname);
  const announced = visit.request.headers.get("content-length");
  const { body, method } = visit.request;
  if (method === "GET" || method === "HEAD") {
    // It would mean nothing (RFC 9110, 9.3.1), and a request with one cannot be made here.
    return { body: null };
  }
  if (body === null || announced !== null) {
    return Number(announced ?? 0) > limit ? { limit } : { body };
  }
  const gathered: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of body as ReadableStream<Uint8Array>) {
    bytes += chunk.byteLength;
    if (bytes > limit) {
      return { limit };
    }
    gathered.push(chunk);
  }
  return { body: await new Blob(gathered).arrayBuffer() };
}
