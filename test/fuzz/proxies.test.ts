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
    holds: (wire) => /^[^ \r\n]+ https?:\/\//im.test(wire),
    reason: "the Host field is ignored where the target is absolute, and replaced by its host (RFC 9112 §3.2.2)",
  },
  {
    proxy: "nginx",
    holds: (wire) => /^OPTIONS \* HTTP/m.test(wire),
    reason:
      "OPTIONS * asks about the server as a whole, and is answered by the gateway (RFC 9110 §9.3.7, RFC 9112 §3.2.4)",
  },
  {
    proxy: "nginx",
    holds: (wire) => /^[^\r\n:]+:[^\r\n]*\t/m.test(wire),
    reason: "white space around a value, and within it, may be a tab (RFC 9110 §5.5, §5.6.3)",
  },
  {
    proxy: "nginx",
    holds: (wire) => /^(?:\r\n)*[A-Z_-]*[^A-Z_ \r\n-][^ \r\n]* /.test(wire) || /^(?:\r\n)*[A-Z_]*-[^ ]* /.test(wire),
    reason: "a method is a token (RFC 9110 §9.1), not letters and _ alone: the routes say which they take",
  },
  {
    proxy: "nginx",
    holds: (wire) => / HTTP\/1\.0\r\n(?:[^\r\n]+\r\n)*expect:[^\r\n]*\r\n(?:[^\r\n]+\r\n)*expect:/i.test(wire),
    reason: "an expectation in HTTP/1.0 must be ignored (RFC 9110 §10.1.1); only in HTTP/1.1 two of them are refused",
  },
  {
    proxy: "nginx",
    holds: (wire) => / https?:\/\/[a-z0-9.:_-]*[^a-z0-9.:_/? -]/i.test(wire),
    reason: "a name may have every character that RFC 3986 §3.2.2 allows; the routes say which names are served",
  },
  {
    proxy: "nginx",
    holds: (wire) => /^[^ \r\n]+ [^ ?]*\/(?:\.|%2e){2}[/? ]/im.test(wire),
    reason:
      "a .. takes away the segment before it, be that an empty one, and at the root there is none (RFC 3986 §5.2.4); " +
      "nginx joins slashes first, and refuses what would climb above the root",
  },
  {
    proxy: "nginx",
    holds: (wire) => /^connection:[^\r\n]*(?:[^\t ,:]close|close[^\t ,\r])/im.test(wire),
    reason: "only a whole option is close (RFC 9110 §7.6.1): nginx finds it within other words, and closes",
  },
  {
    proxy: "HAProxy",
    holds: (wire) => /^(?:GET|HEAD|DELETE) [^ ]* HTTP\/1\.0\r\n(?:[^\r\n]+\r\n)*content-length:/im.test(wire),
    reason:
      "a body is there if Content-Length says so, whatever the method and the version (RFC 9112 §6); it goes on as HTTP/1.1 with that length",
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
