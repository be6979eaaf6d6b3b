import { afterAll, describe, expect, test } from "bun:test";
import { expand, requestCases } from "../security/corpus.ts";
import { response } from "../support/scripts.ts";
import { tempFolder } from "../support/temp.ts";
import { startUpstream } from "../support/upstream.ts";
import { COMPARE_SEED, FUZZ_MS } from "./budget.ts";
import { request } from "./messages.ts";
import { mutate } from "./mutate.ts";
import { PROXIES, startProxy, statuses } from "./proxies.ts";
import { Random } from "./random.ts";
import { readRequests } from "./read-requests.ts";

interface Leniency {
  readonly proxy: string;
  readonly holds: (wire: string) => boolean;
  readonly reason: string;
}

/** All that nginx or HAProxy refuses and the gateway takes. */
const LENIENT: readonly Leniency[] = [
  {
    proxy: "HAProxy",
    holds: (wire) => / https?:\/\//i.test(wire),
    reason: "a Host field that differs from an absolute target is replaced by it, as RFC 9112 §3.2.2 asks",
  },
  {
    proxy: "nginx",
    holds: (wire) => / \* HTTP/.test(wire),
    reason: "OPTIONS * is a request like others (RFC 9110 §9.3.7)",
  },
  {
    proxy: "nginx",
    holds: (wire) => /^[^\r\n:]+:[^\r\n]*\t/m.test(wire),
    reason: "white space around a value may be a tab (RFC 9110 §5.6.3)",
  },
  {
    proxy: "nginx",
    holds: (wire) => /^(?:\r\n)*[A-Z_-]*[^A-Z_ \r\n-][^ \r\n]* /.test(wire) || /^(?:\r\n)*[A-Z_]*-[^ ]* /.test(wire),
    reason: "a method is any token in capitals (RFC 9110 §9.1), and the route says which it takes",
  },
  {
    proxy: "nginx",
    holds: (wire) => / HTTP\/1\.0\r\n(?:[^\r\n]+\r\n)*expect:[^\r\n]*\r\n(?:[^\r\n]+\r\n)*expect:/i.test(wire),
    reason: "an expectation of HTTP/1.0 is ignored, as RFC 9110 §10.1.1 asks; of HTTP/1.1 two are refused",
  },
  {
    proxy: "nginx",
    holds: (wire) => / https?:\/\/[a-z0-9.:_-]*[^a-z0-9.:_/? -]/i.test(wire),
    reason: "a name may have every character that RFC 3986 §3.2.2 allows; the routes say which names are served",
  },
  {
    proxy: "nginx",
    holds: (wire) => /\/\/+(?:\.|%2e){2}/i.test(wire),
    reason: "an empty segment is one, which .. takes away (RFC 3986 §5.2.4); nginx drops it before",
  },
  {
    proxy: "HAProxy",
    holds: (wire) => /(?:GET|HEAD|DELETE) [^ ]* HTTP\/1\.0\r\n/.test(wire),
    reason: "a body with GET, HEAD or DELETE of HTTP/1.0 has a length, and goes on as HTTP/1.1: no service can miss it",
  },
];

/** What the gateway takes to the last byte: only there can another one be stricter. */
const taken = [
  ...requestCases.map((one) => expand(one, "a")),
  ...Array.from({ length: Math.round(0.6 * FUZZ_MS) }, (_, i) => {
    const random = new Random(COMPARE_SEED + i);
    return mutate(random, request(random));
  }),
].flatMap((wire) => {
  const { messages, unfinished, error } = readRequests([wire]);
  const isWhole = messages.length > 0 && unfinished === undefined && error === undefined;
  return isWhole ? [{ wire, methods: messages.map(({ start }) => start.split(" ")[0] ?? "") }] : [];
});

const upstream = startUpstream(({ method }, connection) =>
  connection.send(method === "HEAD" ? "HTTP/1.1 200 OK\r\n\r\n" : response("ok")),
);
const folder = tempFolder();
afterAll(() => {
  upstream.stop();
  folder.remove();
});

for (const { name, program } of PROXIES) {
  if (program === undefined) console.log(`${name} is not installed: it is not compared`);
}

describe.each(PROXIES.filter(({ program }) => program !== undefined))("$name", (proxy) => {
  test(
    "refuses nothing that the gateway takes, but for the table",
    async () => {
      await using running = await startProxy(proxy, folder, upstream.port);
      const stricter: { wire: string; got: readonly number[] }[] = [];
      for (const { wire, methods } of taken) {
        const got = await statuses(running.socket, wire, methods);
        if (got.length === methods.length && got.every((status) => status === 200)) continue;
        if (!LENIENT.some(({ proxy: by, holds }) => by === proxy.name && holds(wire))) stricter.push({ wire, got });
      }
      expect(taken.length).toBeGreaterThan(20);
      expect(stricter.slice(0, 5)).toEqual([]);
    },
    30_000 + 20 * FUZZ_MS,
  );
});
