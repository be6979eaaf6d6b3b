import { certificateFaults, type TlsFault } from "./check-certificates.ts";
import type { Draft } from "./draft.ts";
import { hostFault } from "./host-fault.ts";
import { below } from "./key-path.ts";
import { type Listener, listenersOf } from "./listeners-of.ts";
import { isLoopback } from "./loopback.ts";
import { nearestNode } from "./node.ts";
import { pemFault } from "./pem-fault.ts";
import { type Problem, problemAt, type Severity } from "./problem.ts";
import type { ListenConfig } from "./schema.ts";
import { found } from "./words.ts";

type Keys = readonly (string | number)[];

/** What the schema cannot tell of the ports: that no two are the same, and that the admin port is not left open. */
export function checkListen({ root, main }: Draft): readonly Problem[] {
  const problems: Problem[] = [];
  const at = (keys: Keys, message: string, hint?: string, severity?: Severity) => {
    problems.push(problemAt(nearestNode(root, keys), below(undefined, ...keys), message, hint, severity));
  };
  const listeners = listenersOf(main);
  problems.push(...checkWorkers(root, listeners));
  const taken: Address[] = [];
  for (const { keys, config } of listeners) {
    for (const fault of tlsFaults(config.tls))
      at([...keys, "tls", ...fault.keys], fault.message, fault.hint, fault.severity);
    const quicFault = config.http3 === true ? http3Fault(config) : undefined;
    if (quicFault !== undefined) at([...keys, "http3"], quicFault.message, quicFault.hint);
    const address = addressOf(config);
    if (address === undefined) continue;
    problems.push(...checkHost(root, [...keys, "host"], address.host));
    if (taken.some((other) => overlaps(other, address))) {
      at([...keys, "port"], `two listeners share the port ${address.port}`);
    }
    taken.push(address);
  }
  for (const fault of tlsFaults(main.admin?.tls)) {
    at(["admin", "tls", ...fault.keys], fault.message, fault.hint, fault.severity);
  }
  const admin = addressOf(main.admin);
  if (admin === undefined) return problems;
  const adminHost = checkHost(root, ["admin", "host"], admin.host);
  problems.push(...adminHost);
  if (taken.some((other) => overlaps(other, admin))) {
    at(["admin", "port"], `the admin port ${admin.port} is a listener's port too`);
  }
  const isProtected = (main.admin?.token ?? "") !== "" || main.admin?.tls?.["client-certificates"] !== undefined;
  if (adminHost.length === 0 && !isLoopback(admin.host) && !isProtected) {
    const message = "without a token the admin port is for this machine only, this host opens it to others";
    at(["admin", "host"], message, "set admin.token or admin.tls.client-certificates, or host: 127.0.0.1");
  }
  return problems;
}

function checkHost(root: Draft["root"], keys: Keys, host: string): readonly Problem[] {
  const fault = hostFault(host);
  if (fault === undefined) return [];
  const node = nearestNode(root, keys);
  return [problemAt(node, below(undefined, ...keys), `${fault.message}, found ${found(node)}`, fault.hint)];
}

/** What is wrong with the files of a port that serves https; nothing if it does not. */
function tlsFaults(tls: Partial<ListenConfig>["tls"]): readonly TlsFault[] {
  if (tls === undefined) return [];
  const caFault = pemFault({ ca: tls["client-certificates"]?.ca });
  const faults = certificateFaults(tls, Date.now());
  return caFault === undefined
    ? faults
    : [...faults, { keys: ["client-certificates", "ca"], message: caFault.message }];
}

/** One set of processes serves all listeners, so that those which say how many it has must agree. */
function checkWorkers(root: Draft["root"], listeners: readonly Listener[]): readonly Problem[] {
  const written = listeners.filter(({ keys, config }) => config.workers !== undefined && isWritten(root, keys));
  const [first, ...others] = written;
  return others
    .filter(({ config }) => config.workers !== first?.config.workers)
    .map(({ keys, config }) => {
      const place = [...keys, "workers"];
      const message = `expected ${first?.config.workers} as on the listener before, found ${config.workers}`;
      const hint = "the same processes serve all listeners: say it at one of them";
      return problemAt(nearestNode(root, place), below(undefined, ...place), message, hint);
    });
}

function isWritten(root: Draft["root"], keys: Keys): boolean {
  const node = nearestNode(root, keys);
  return node.kind === "map" && node.entries.some(({ key }) => key === "workers");
}

/** Bun does not show the certificate of an HTTP/3 client to anyone: whoever relies on it would let everybody in. */
function http3Fault({ tls }: Partial<ListenConfig>): { readonly message: string; readonly hint: string } | undefined {
  if (tls === undefined) {
    return { message: "HTTP/3 is always encrypted, and this listener has no certificate", hint: "set tls beside it" };
  }
  if (tls["client-certificates"] === undefined) return undefined;
  const message = "HTTP/3 cannot ask clients for their certificates, and this listener does";
  return { message, hint: "serve HTTP/3 on a listener of its own, or http2 alone" };
}

interface Address {
  readonly host: string;
  readonly port: number;
}

function addressOf(config: { readonly host?: string; readonly port?: number } | undefined): Address | undefined {
  if (config?.host === undefined || config.port === undefined) return undefined;
  return { host: config.host, port: config.port };
}

/** Port 0 is a different port each time. */
function overlaps(a: Address, b: Address): boolean {
  if (a.port === 0 || a.port !== b.port) return false;
  return a.host === b.host || isEveryAddress(a.host) || isEveryAddress(b.host);
}

function isEveryAddress(host: string): boolean {
  return host === "0.0.0.0" || host === "::" || host === "";
}
