import { type AnyElysia, Elysia } from "elysia";
import { didYouMean } from "../config/nearest.ts";
import { GatewayError } from "../errors.ts";
import type { Logger } from "../observe/logger.ts";
import { isHeadOfGet, methodsAt } from "./endpoints.ts";
import { errorHandler, problemResponse } from "./problem.ts";
import { quoted } from "./quoted.ts";
import { readable } from "./readable.ts";

/**
 * The endpoints that the plugins of one configuration hang on the admin port, each plugin under its own name. Of two
 * endpoints of one plugin with the same method and path the first one answers.
 */
export interface PluginApps {
  /** The plugin's app, made at the first call: what `scope.admin` is. Endpoints may be added at any time. */
  of(plugin: string): AnyElysia;
  has(plugin: string): boolean;
  /** Lets the plugin's app answer; `path` is what follows its name, with its slash. */
  handle(plugin: string, path: string, request: Request): Promise<Response>;
}

/**
 * What Elysia takes for the body of an endpoint with `parse: "none"`. Without a parser of that name an app that is not
 * compiled reads the body all the same, by its Content-Type, and leaves nothing for the endpoint.
 */
const UNREAD = Symbol("unread");

export function createPluginApps(log: Logger): PluginApps {
  const apps = new Map<string, AnyElysia>();
  return {
    of(plugin) {
      const known = apps.get(plugin);
      if (known !== undefined) return known;
      // Compiled ahead of time, an app would not see endpoints that are added after its first request.
      const app: AnyElysia = new Elysia({ aot: false })
        .parser("none", () => UNREAD)
        .onError(errorHandler(log.with({ plugin }), () => app.routes, `/api/plugins/${plugin}`));
      apps.set(plugin, app);
      return app;
    },
    has: (plugin) => apps.has(plugin),
    async handle(plugin, path, request) {
      const app = apps.get(plugin);
      if (app === undefined) return problemResponse(noEndpoints(plugin, apps.keys()));
      const url = new URL(request.url);
      url.pathname = path;
      const asked = new Request(url.href, request);
      if (isHeadOfGet(request.method, methodsAt(app.routes, path))) return headOf(app, asked);
      return withoutCaching(await app.handle(readable(asked)));
    },
  };
}

/** Of a plugin that has none, with the nearest name of those that have. */
function noEndpoints(plugin: string, known: Iterable<string>): GatewayError {
  const hint = didYouMean(plugin, known);
  const detail = `The plugin ${quoted(plugin)} has no endpoints here, or no route uses it`;
  return new GatewayError("route_not_found", { detail: hint === undefined ? detail : `${detail}: ${hint}` });
}

/** An app that is not compiled does not do so by itself. */
async function headOf(app: AnyElysia, asked: Request): Promise<Response> {
  const response = withoutCaching(await app.handle(new Request(asked, { method: "GET" })));
  await response.body?.cancel();
  return new Response(null, response);
}

function withoutCaching(response: Response): Response {
  if (response.headers.has("cache-control")) return response;
  const copy = new Response(response.body, response);
  copy.headers.set("cache-control", "no-store");
  return copy;
}
