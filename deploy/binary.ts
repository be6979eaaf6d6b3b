/**
 * Makes the gateway one file that needs nothing installed: `bun run binary [OUTFILE] [--target bun-linux-arm64]`.
 *
 * Plugins are found in a folder and imported when they are named; in one file there is no folder, so all that are
 * installed with the gateway go into it beforehand. Plugins of your own stay files, and are imported as ever. So do the
 * threads for documents, which have to lie beside the entry, the script of the page that shows them, and the dashboard.
 */
import { mkdtemp, readdir, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { buildDashboard } from "../src/admin/dashboard/build.ts";
import type { DashboardFiles } from "../src/admin/dashboard/files.ts";
import { docsScript } from "../src/openapi/docs-script.ts";

const PROJECT = resolve(import.meta.dir, "..");

const { values, positionals } = parseArgs({
  args: Bun.argv.slice(2),
  options: { target: { type: "string" } },
  allowPositionals: true,
});
const outfile = resolve(positionals[0] ?? "sluice");

const folder = await mkdtemp(join(tmpdir(), "sluice-binary-"));
try {
  const entry = join(folder, "entry.ts");
  await writeFile(entry, entryText(await pluginFiles(), await buildDashboard()));
  const threads = await writeThreads();
  const { success, logs } = await Bun.build({
    entrypoints: [entry, ...threads],
    minify: { whitespace: true, syntax: true },
    sourcemap: "linked",
    compile: {
      outfile,
      ...(values.target === undefined ? {} : { target: values.target as Bun.Build.CompileTarget }),
      // What lies in the folder in which it is started must not change how it works.
      autoloadDotenv: false,
      autoloadBunfig: false,
    },
  });
  for (const log of logs) console.error(String(log));
  if (!success) throw new Error("the build has failed");
  console.log(`${outfile}: ${((await stat(outfile)).size / 1_048_576).toFixed(0)} MiB`);
} finally {
  await rm(folder, { recursive: true, force: true });
}

/** Whatever the code is made into one of, `new URL("./x-thread.ts", import.meta.url)` is beside it. */
async function writeThreads(): Promise<readonly string[]> {
  const files = await Array.fromAsync(new Bun.Glob("src/**/*-thread.ts").scan({ cwd: PROJECT }));
  return Promise.all(
    files.map(async (file) => {
      const thread = join(folder, basename(file));
      await writeFile(thread, `import ${JSON.stringify(join(PROJECT, file))};\n`);
      return thread;
    }),
  );
}

async function pluginFiles(): Promise<readonly string[]> {
  const plugins = join(PROJECT, "plugins");
  const entries = await readdir(plugins, { withFileTypes: true });
  return entries
    .map((entry) => (entry.isDirectory() ? join(plugins, entry.name, "index.ts") : join(plugins, entry.name)))
    .sort();
}

function entryText(files: readonly string[], dashboard: DashboardFiles): string {
  const imports = files.map((file, i) => `import plugin${i} from ${JSON.stringify(file)};`);
  return `${imports.join("\n")}
import { embedDashboard } from ${JSON.stringify(join(PROJECT, "src/admin/dashboard/files.ts"))};
import script from ${JSON.stringify(fileURLToPath(docsScript()))} with { type: "file" };
import { embedDocsScript } from ${JSON.stringify(join(PROJECT, "src/openapi/docs-script.ts"))};
import { embedPlugins } from ${JSON.stringify(join(PROJECT, "src/registry/embedded.ts"))};
embedDocsScript(script);
embedDashboard(${JSON.stringify(dashboard)});
embedPlugins([${files.map((_, i) => `plugin${i}`).join(", ")}]);
await import(${JSON.stringify(join(PROJECT, "src/main.ts"))});
`;
}
