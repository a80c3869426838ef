/** Who answers a path: core, an API function, or nobody but the pages. */
import table from "./routes.json";

export type Origin = "core" | "api";

/** API Gateway's own limit, which core keeps as well. */
export const LARGEST_BODY = 10 * 1024 * 1024;

/** `{name}` is one segment, `{name+}` the rest of the path. Returns what matches a path as it was sent. */
function pattern(template: string): RegExp {
  const segments = template.split("/").map((segment) => {
    if (segment.startsWith("{")) {
      return segment.endsWith("+}") ? ".+" : "[^/]+";
    }
    return segment.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
  });
  return new RegExp(`^${segments.join("/")}$`);
}

/** Finds a path in a list of templates, without trying those that begin otherwise. */
class Templates<Value> {
  readonly #exact = new Map<string, Value>();
  readonly #patterns: (readonly [RegExp, Value])[] = [];

  constructor(entries: Iterable<readonly [string, Value]>) {
    for (const [template, value] of entries) {
      if (template.includes("{")) {
        this.#patterns.push([pattern(template), value]);
      } else {
        this.#exact.set(template, value);
      }
    }
  }

  find(path: string): Value | undefined {
    return this.#exact.get(path) ?? this.#patterns.find(([matches]) => matches.test(path))?.[1];
  }
}

const core = new Templates(table.core.map((template) => [template, true] as const));
const api = new Templates(table.api.map((template) => [template, true] as const));
const limits = new Templates(Object.entries(table.limits));
const sockets = new Set(table.sockets);

/**
 * Say who answers.
 * @param path as it was sent, still escaped
 * @param wantsJson at `/` there is a page, and a description of the API for who asks for JSON
 */
export function originOf(path: string, wantsJson: boolean): Origin | null {
  if (path === "/") {
    return wantsJson ? "api" : null;
  }
  if (core.find(path)) {
    return "core";
  }
  return path === "/api" || path.startsWith("/api/") || api.find(path) ? "api" : null;
}

/** How many bytes a body sent to a path may have. */
export function limitOf(path: string): number {
  return Math.min(limits.find(path) ?? table.limit, LARGEST_BODY);
}

/** Whether a WebSocket may be opened at a path. */
export function isSocket(path: string): boolean {
  return sockets.has(path);
}
