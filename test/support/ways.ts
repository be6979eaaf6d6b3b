import { describe } from "bun:test";
import { DIFFERENCES, type Difference } from "./differences.ts";
import { exchangeHttp2 } from "./http2.ts";
import { exchangeHttp3 } from "./http3.ts";
import type { RawResponse } from "./messages.ts";
import { exchange } from "./raw.ts";
import { tempFolder } from "./temp.ts";
import { makeCertificates } from "./tls.ts";

/** A way for clients into the gateway: a protocol, and a listener that serves it. */
export interface Way {
  readonly name: string;
  /** As `Via` has it. */
  readonly version: string;
  readonly scheme: "http" | "https";
  /** Its place among the listeners. */
  readonly index: number;
  /** Whether Bun's server is between the client and the gateway, so that this holds; see differences.ts. */
  differs(difference: Difference): boolean;
  /** Sends a request, given as HTTP/1.1 writes it, on a connection of its own. */
  exchange(port: number, request: string): Promise<RawResponse>;
}

const folder = tempFolder();
const { server, ca } = makeCertificates(folder.path);
process.on("exit", () => folder.remove());
const TLS = `tls: { cert: ${server.certFile}, key: ${server.keyFile} }`;

const LISTENERS = ["", "http2: true", `${TLS}, http2: true, http3: true`];

const wire = { version: "1.1", differs: () => false, exchange } as const;
const served = { differs: (difference: Difference) => difference in DIFFERENCES } as const;
const WAYS: readonly Way[] = [
  { ...wire, name: "HTTP/1.1", index: 0, scheme: "http" },
  { ...wire, name: "HTTP/1.1 beside HTTP/2", index: 1, scheme: "http" },
  { ...served, name: "HTTP/2", index: 1, version: "2", scheme: "http", exchange: exchangeHttp2 },
  {
    ...served,
    name: "HTTP/2 over TLS",
    index: 2,
    version: "2",
    scheme: "https",
    exchange: (port, request) => exchangeHttp2(port, request, { ca: ca.cert }),
  },
  { ...served, name: "HTTP/3", index: 2, version: "3", scheme: "https", exchange: exchangeHttp3 },
];

/** The `listen:` of a gateway that serves every way; once for each of the texts, which are further keys. */
export function listenEveryWay(...further: readonly string[]): string {
  const texts = further.length === 0 ? [""] : further;
  const keys = texts.flatMap((text) => LISTENERS.map((own) => [own, text].filter((part) => part !== "").join(", ")));
  return `listen:\n${keys.map((text) => `  - { host: 127.0.0.1, port: 0${text === "" ? "" : `, ${text}`} }\n`).join("")}`;
}

/** The port of a way among those of the gateway; `turn` counts the texts of `listenEveryWay`. */
export function portOf(way: Way, gateway: { readonly ports: readonly number[] }, turn = 0): number {
  return gateway.ports[turn * LISTENERS.length + way.index] ?? 0;
}

/** Tests what HTTP/1.1 alone has, once for each listener that serves it. */
export function describeHttp1(name: string, body: (way: Way) => void): void {
  for (const way of WAYS) if (way.version === "1.1") describe(`${name}, over ${way.name}`, () => body(way));
}

/** Tests once for each way; the tests of one way run when those of the last are done. */
export function describeEveryWay(name: string, body: (way: Way) => void): void {
  for (const way of WAYS) describe(`${name}, over ${way.name}`, () => body(way));
}
