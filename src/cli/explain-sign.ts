import type { Config } from "../config/schema.ts";
import { Duration, parseUnit, unitOf } from "../config/units.ts";
import type { Context } from "../context.ts";
import type { AskedRequest } from "../explain/request.ts";
import { EXPLAIN_HEADER, LONGEST_SECONDS, signRequest } from "../explain/signature.ts";

const DURATION = unitOf(Duration());

/** A command line that sends the request with a signature; a text in `fault` says why there is none. */
export function signedCurl(
  { method, url, headers }: AskedRequest,
  { request }: Context,
  config: Config,
  lifetime: string,
  nowMs: number,
): { readonly text: string } | { readonly fault: string } {
  const { secret = "" } = config.explain;
  if (secret === "") return { fault: "the configuration has no explain.secret: requests cannot ask" };
  const ms = DURATION && parseUnit(DURATION, lifetime);
  if (ms === undefined || ms < 1_000 || ms > LONGEST_SECONDS * 1_000) return { fault: "--for: expected 1s to 5m" };
  const value = signRequest(secret, request, Math.floor((nowMs + ms) / 1_000));
  const all = [[EXPLAIN_HEADER, value] as const, ...headers];
  const words = ["curl", "-i", ...methodWords(method), ...all.flatMap(([name, text]) => ["-H", `${name}: ${text}`])];
  const address = /^https?:/i.test(url) ? url : `${request.scheme}://${request.host}${url}`;
  const line = [...words, address].map(quoted).join(" ");
  return {
    text: `${line}
# once, within ${lifetime}; of the reply's Sluice-Explanation: bun run gateway explain --id ID
`,
  };
}

function methodWords(method: string): readonly string[] {
  if (method === "GET") return [];
  return method === "HEAD" ? ["-I"] : ["-X", method];
}

/** As a shell reads it. */
function quoted(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}
