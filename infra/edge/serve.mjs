// The edge on this machine, in the runtime Cloudflare uses: `npm start` in front of `./unamentis up`.
//
//   --port 8787           0 takes a free one
//   --origin URL          where both origins are
//   --var NAME=VALUE      one setting of wrangler.jsonc, as often as needed
//   --until-eof           end with standard input, and so with whoever started this
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { Miniflare } from "miniflare";
import { assets, bundle } from "./build.mjs";

const HERE = fileURLToPath(new URL(".", import.meta.url));
const { values: options } = parseArgs({
  options: {
    port: { type: "string", default: "8787" },
    origin: { type: "string" },
    var: { type: "string", multiple: true, default: [] },
    "until-eof": { type: "boolean", default: false },
  },
});

const files = await mkdtemp(join(tmpdir(), "unamentis-edge-"));
const [script, configuration] = await Promise.all([bundle(), read("wrangler.jsonc"), assets(files)]);
const given = options.var.map((setting) => [setting.split("=", 1)[0], setting.slice(setting.indexOf("=") + 1)]);
const runtime = new Miniflare({
  compatibilityDate: configuration.compatibility_date,
  assets: {
    binding: configuration.assets.binding,
    directory: files,
    routerConfig: { has_user_worker: true, static_routing: { user_worker: configuration.assets.run_worker_first } },
    assetConfig: {
      html_handling: configuration.assets.html_handling,
      not_found_handling: configuration.assets.not_found_handling,
      compatibility_date: configuration.compatibility_date,
    },
  },
  bindings: {
    ...configuration.env.local.vars,
    ...(options.origin && { API_ORIGIN: options.origin, CORE_ORIGIN: options.origin }),
    ...Object.fromEntries(given),
  },
  // Nobody is asked where this machine is.
  cf: false,
  host: "127.0.0.1",
  port: Number(options.port),
  modules: [{ type: "ESModule", path: join(files, "worker.js"), contents: script }],
  modulesRoot: files,
  rootPath: files,
});

/** Read JSON with comments, which is JavaScript. */
async function read(name) {
  const text = await readFile(join(HERE, name), "utf8");
  return (await import(`data:text/javascript,${encodeURIComponent(`export default ${text}`)}`)).default;
}

async function end() {
  await runtime.dispose();
  await rm(files, { recursive: true, force: true });
  process.exit();
}

process.once("SIGINT", end);
process.once("SIGTERM", end);
if (options["until-eof"]) {
  process.stdin.once("end", end).resume();
}
console.log(`The edge is ready at ${String(await runtime.ready).replace(/\/$/, "")}`);
