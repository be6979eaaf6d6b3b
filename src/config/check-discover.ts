import { isIP } from "node:net";
import type { ServiceEntry } from "./draft.ts";
import { below } from "./key-path.ts";
import { nearestNode } from "./node.ts";
import { type Problem, problemAt } from "./problem.ts";
import type { DiscoverConfig } from "./schema.ts";
import { alternatives } from "./words.ts";

const SOURCES = ["dns", "srv", "file", "consul", "kubernetes"] as const;
type SourceName = (typeof SOURCES)[number];

/** Keys that mean something to some sources only. */
const ONLY_FOR: Readonly<Record<"port" | "servers", readonly SourceName[]>> = {
  port: ["dns"],
  servers: ["dns", "srv"],
};

/** What the schema cannot tell of `discover`: that there is one source, and what goes with it. */
export function discoverProblems({ node, path, place, valid }: ServiceEntry): readonly Problem[] {
  if (valid === undefined) return [];
  const { discover, targets } = valid;
  if (discover === undefined) {
    if (targets.length > 0) return [];
    return [problemAt(place, path, "a service needs targets", "add targets, or discover")];
  }
  const problems: Problem[] = [];
  const at = (keys: readonly (string | number)[], message: string, hint?: string) => {
    const whole = ["discover", ...keys];
    problems.push(problemAt(nearestNode(node, whole), below(path, ...whole), message, hint));
  };
  const [first, second] = SOURCES.filter((source) => discover[source] !== undefined);
  if (first === undefined) at([], `discover needs a source: ${alternatives(SOURCES)}`);
  else if (second !== undefined)
    at([second], `discover has one source, and ${first} is here already`, "make a service of each");
  else for (const fault of sourceFaults(discover, first)) at(fault.keys, fault.message, fault.hint);
  return problems;
}

/** Less would ask a server without a break where records say 0. */
const LEAST_TTL_MS = 1_000;

interface Fault {
  readonly keys: readonly (string | number)[];
  readonly message: string;
  readonly hint?: string;
}

function sourceFaults(discover: DiscoverConfig, source: SourceName): readonly Fault[] {
  const faults: Fault[] = [];
  for (const [key, sources] of Object.entries(ONLY_FOR)) {
    const isWritten = key === "port" ? discover.port !== undefined : discover.servers !== undefined;
    if (isWritten && !sources.includes(source)) {
      const hint = source === "kubernetes" && key === "port" ? "write it inside kubernetes" : undefined;
      faults.push({
        keys: [key],
        message: `${key} has no effect with ${source}`,
        ...(hint === undefined ? {} : { hint }),
      });
    }
  }
  for (const [index, server] of (discover.servers ?? []).entries()) {
    if (!isServer(server)) {
      const message = `expected the IP address of a DNS server, perhaps with a port, found ${JSON.stringify(server)}`;
      faults.push({ keys: ["servers", index], message, hint: "for example 10.0.0.2 or 127.0.0.1:8600" });
    }
  }
  if (discover["min-ttl"] < LEAST_TTL_MS) faults.push({ keys: ["min-ttl"], message: "expected at least 1s" });
  if (discover["min-ttl"] > discover["max-ttl"])
    faults.push({ keys: ["min-ttl"], message: "min-ttl is more than max-ttl" });
  for (const key of ["dns", "srv"] as const) {
    const name = discover[key];
    if (name !== undefined && !NAME.test(name)) {
      faults.push({ keys: [key], message: `expected the name of a host, found ${JSON.stringify(name)}` });
    }
  }
  for (const key of ["consul", "kubernetes"] as const) {
    const url = discover[key]?.url;
    if (url !== undefined && !isBase(url)) {
      const message = "expected http://host:port or https://host:port";
      faults.push({ keys: [key, "url"], message, hint: "without a path, and without credentials" });
    }
  }
  return faults;
}

/** Letters, digits, hyphens and underscores between dots; an IP address has no records. */
const NAME = /^(?!\d+(\.\d+){3}$)[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?(?:\.[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?)*\.?$/i;

function isServer(text: string): boolean {
  const [, bracketed, afterBracket] = /^\[([^\]]+)\](?::(\d+))?$/.exec(text) ?? [];
  if (bracketed !== undefined) return isIP(bracketed) === 6 && isPort(afterBracket);
  if (isIP(text) !== 0) return true;
  const [host = "", port, ...more] = text.split(":");
  return isIP(host) === 4 && more.length === 0 && isPort(port);
}

function isPort(text: string | undefined): boolean {
  return text === undefined || (/^\d{1,5}$/.test(text) && Number(text) >= 1 && Number(text) <= 65_535);
}

function isBase(url: string): boolean {
  if (!/^https?:\/\//i.test(url) || !URL.canParse(url)) return false;
  const { pathname, search, hash, username, password } = new URL(url);
  return pathname === "/" && `${search}${hash}${username}${password}` === "";
}
