import { compileForShow } from "../../src/cli/compile-for-show.ts";
import { loadConfig } from "../../src/config/load.ts";
import { formatProblems } from "../../src/config/report.ts";
import type { ListenConfig } from "../../src/config/schema.ts";
import { explain } from "../../src/explain/explain.ts";
import type { ExplainReport } from "../../src/explain/report.ts";
import { type AskedRequest, contextOf } from "../../src/explain/request.ts";
import { Gateway } from "../../src/gateway.ts";
import type { Plugin } from "../../src/plugin.ts";
import { createRegistry } from "../../src/registry/registry.ts";
import { tempFolder } from "../support/temp.ts";

const registry = await createRegistry(new URL("../../plugins", import.meta.url).pathname);

/** Explains requests by one configuration. */
export interface Explainer extends AsyncDisposable {
  /** Throws where the gateway would refuse the request before any route. */
  of(method: string, url: string, headers?: Readonly<Record<string, string>>, from?: string): Promise<ExplainReport>;
}

/** Of this gateway.yaml; `files` are beside it. Rejects if it is not valid. */
export async function explainer(yaml: string, files: Readonly<Record<string, string>> = {}): Promise<Explainer> {
  using folder = tempFolder();
  for (const [name, text] of Object.entries(files)) folder.write(name, text);
  folder.write("gateway.yaml", yaml);
  const loaded = await loadConfig<Plugin>("gateway.yaml", { env: {}, plugins: registry, directory: folder.path });
  if (!loaded.ok) throw new Error(formatProblems(loaded.problems, false));
  const gateway = await compileForShow(loaded);
  if (!(gateway instanceof Gateway)) throw new Error(gateway.join("\n"));
  const listen = loaded.config.listen[0] as ListenConfig;
  return {
    of(method, url, headers = {}, from = "127.0.0.1") {
      const asked: AskedRequest = { method, url, headers: Object.entries(headers), from };
      const ctx = contextOf(asked, listen);
      if (typeof ctx === "string") throw new Error(ctx);
      return explain(ctx, gateway.snapshot, listen, loaded);
    },
    [Symbol.asyncDispose]: () => gateway.close(),
  };
}
