// Puts together what the Worker serves as files: the apps, and `_headers` with what browsers are told beside them.
import { build } from "esbuild";
import { cp, mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const HERE = fileURLToPath(new URL(".", import.meta.url));
const WEB = join(HERE, "../../web");

/** Make a folder with the files to serve, and return its path. */
export async function assets(folder = join(HERE, "dist/assets"), web = WEB) {
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  await cp(join(web, "learner"), folder, { recursive: true });
  await cp(join(web, "console"), join(folder, "console"), { recursive: true });
  const { APP } = await securityHeaders();
  const lines = Object.entries(APP).map(([name, value]) => `  ${name}: ${value}`);
  await writeFile(join(folder, "_headers"), ["/*", ...lines, ""].join("\n"));
  return folder;
}

/** Bundle the Worker and return its source. */
export async function bundle() {
  return (await bundled("src/worker.ts")).text;
}

async function securityHeaders() {
  const { contents } = await bundled("src/security.ts");
  return import(`data:text/javascript;base64,${Buffer.from(contents).toString("base64")}`);
}

async function bundled(entry) {
  const made = await build({
    absWorkingDir: HERE,
    entryPoints: [entry],
    bundle: true,
    format: "esm",
    target: "es2022",
    write: false,
    logLevel: "warning",
  });
  return made.outputFiles[0];
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  console.log(`Put together in ${await assets()}`);
}
