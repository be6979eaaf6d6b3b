import type { OpenApiReport } from "../../src/openapi/view.ts";
import type { GatewayProcess } from "./gateway.ts";
import { until } from "./until.ts";

/** The report as the admin port sends it. */
export type SentReport = Pick<OpenApiReport, "documents" | "lines" | "drift" | "error"> & {
  readonly services: readonly SentServiceDocument[];
};

export interface SentServiceDocument {
  readonly service: string;
  readonly state: string;
  readonly version?: string;
  readonly error?: { readonly message: string };
}

export async function reportOf({ adminPort }: GatewayProcess): Promise<SentReport> {
  return (await (await fetch(`http://127.0.0.1:${adminPort}/api/openapi/report`)).json()) as SentReport;
}

/** Asks all services now. */
export async function refresh({ adminPort }: GatewayProcess): Promise<SentReport> {
  const response = await fetch(`http://127.0.0.1:${adminPort}/api/openapi/refresh`, { method: "POST" });
  return (await response.json()) as SentReport;
}

/** Resolves with the report when each service is in that state. */
export function untilStates(gateway: GatewayProcess, states: Readonly<Record<string, string>>): Promise<SentReport> {
  let last: SentReport | undefined;
  const isThere = async () => {
    last = await reportOf(gateway);
    const found = Object.fromEntries(last.services.map(({ service, state }) => [service, state]));
    return Object.entries(states).every(([service, state]) => found[service] === state) ? last : undefined;
  };
  return until(isThere, { what: () => `the documents are so: ${JSON.stringify(last)}` });
}

/** The paths of the published document. */
export async function pathsOf({ port }: GatewayProcess, path = "/openapi.json"): Promise<readonly string[]> {
  const document = (await (await fetch(`http://127.0.0.1:${port}${path}`)).json()) as { paths: object };
  return Object.keys(document.paths);
}

/** A configuration that publishes the documents of these services, each behind /api/NAME. */
export function publishing(services: Readonly<Record<string, string>>, section = "refresh: 1h", more = ""): string {
  const entries = Object.entries(services);
  const all = entries.map(([name, url]) => `  ${name}: { targets: ["${url}"], openapi: /openapi.json }`);
  const routes = entries.map(([name]) => `  - { path: /api/${name}/*, service: ${name}, strip-prefix: /api }`);
  return [`openapi: { ${section} }`, more, "services:", ...all, "routes:", ...routes, ""].join("\n");
}
