import { CORE } from "../../src/observe/metrics/core.ts";
import { startInProcess } from "../support/in-process.ts";
import { Samples } from "./promql.ts";

/** A route with every plugin whose metrics the dashboard or an alert has. */
const EVERY_PLUGIN = `
services: { s: { targets: ["http://127.0.0.1:1"] } }
routes:
  - path: /*
    service: s
    plugins:
      jwt: { secret: "0123456789abcdef0123456789abcdef", algorithms: [HS256] }
      rate-limit: { limit: 10/m }
      quota: { day: 10 }
      concurrency-limit: { limit: 1 }
      cache: {}
      retry: {}
  - { path: /broken, service: s, plugins: { circuit-breaker: {} } }
`;

/** The samples of a gateway that has these plugins, and has tried to reach its service. */
export async function knownSamples(): Promise<Samples> {
  await using gateway = await startInProcess(EVERY_PLUGIN);
  // A breaker is there once its target was asked.
  await fetch(`http://127.0.0.1:${gateway.port}/broken`);
  return new Samples([...Object.values(CORE), ...gateway.families()]);
}

/** A dashboard's expression with a value in the place of each of its variables. */
export function withoutVariables(expression: string): string {
  return expression.replaceAll("$__rate_interval", "1m").replaceAll("$__range", "1h");
}
