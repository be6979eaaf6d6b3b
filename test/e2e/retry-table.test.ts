import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { FAULTS, type Fault } from "../support/faults.ts";
import { type InProcessGateway, startInProcess } from "../support/in-process.ts";
import { connect, exchange } from "../support/raw.ts";
import { replies, response } from "../support/scripts.ts";
import { startUpstream, type Upstream } from "../support/upstream.ts";

/*
 * Fault × request × policy → what the client sees, and how many attempts came to which target. There are always two
 * targets, the first of which fails. Which one is first is the client's choice: its key is hashed.
 */
interface Case {
  readonly what: string;
  readonly method: string;
  readonly more: string;
  readonly body: string;
  /** Whether it may be sent again after the service has got it, by the policies. */
  readonly repeatable: readonly Policy[];
}

type Policy = "none" | "retry" | "posts";

/** A target that hangs is given little time, all others enough for a busy machine. */
const HASTY_MS = 200;
const PATIENT_MS = 10_000;

const POLICIES: Readonly<Record<Policy, (ms: number) => string>> = {
  none: () => "",
  retry: (ms) => `retry: { per-try-timeout: ${ms}ms, backoff: { base: 1ms, max: 1ms }, budget: { minimum: 10000 } }`,
  posts: (ms) =>
    `retry: { per-try-timeout: ${ms}ms, backoff: { base: 1ms, max: 1ms }, budget: { minimum: 10000 }, methods: [POST] }`,
};

const CASES: readonly Case[] = [
  { what: "GET", method: "GET", more: "", body: "", repeatable: ["retry"] },
  { what: "DELETE", method: "DELETE", more: "", body: "", repeatable: ["retry"] },
  { what: "PUT", method: "PUT", more: "", body: "content", repeatable: ["retry"] },
  { what: "POST", method: "POST", more: "", body: "content", repeatable: ["posts"] },
  { what: "PATCH", method: "PATCH", more: "", body: "content", repeatable: [] },
  {
    what: "POST with a key",
    method: "POST",
    more: "Idempotency-Key: k\r\n",
    body: "content",
    repeatable: ["retry", "posts"],
  },
];

const cleanup = new AsyncDisposableStack();
const good = cleanup.use(startUpstream(replies(response("good"))));
const bad = cleanup.use(startUpstream(replies(response("bad"))));
const refusing = cleanup.use(startUpstream(replies(response("bad"))));
let gateway: InProcessGateway;
/** For which the target that fails, or the one that refuses, is the first. */
let keys: { readonly bad: string; readonly refusing: string };
let serial = 0;

beforeAll(async () => {
  const names = Object.keys(POLICIES) as Policy[];
  // No connection is used twice: that of a target that has just closed it is another matter.
  const service = (name: string, policy: Policy, first: Upstream, ms = PATIENT_MS) => `
  ${name}-${policy}:
    targets: ["${first.url}", "${good.url}"]
    balance: consistent-hash
    hash-on: { header: x-key }
    pool: { max-age: 0s }
    timeouts: { response: ${ms}ms }
    plugins: { ${POLICIES[policy](ms)} }`;
  const services = (name: Policy) =>
    service("bad", name, bad) + service("hanging", name, bad, HASTY_MS) + service("refusing", name, refusing);
  const route = (name: string) => `\n  - { path: /${name}/*, service: ${name} }`;
  gateway = cleanup.use(
    await startInProcess(`
plugins: { access-log: {} }
services:${names.map(services).join("")}
routes:${names.map((name) => route(`bad-${name}`) + route(`hanging-${name}`) + route(`refusing-${name}`)).join("")}
`),
  );
  keys = { bad: await keyFor("bad"), refusing: await keyFor("refusing") };
  refusing.stop();
});

afterAll(() => cleanup.disposeAsync());

async function keyFor(name: "bad" | "refusing"): Promise<string> {
  for (let key = 0; ; key++) {
    const request = `GET /${name}-none/ HTTP/1.1\r\nHost: a\r\nX-Key: ${key}\r\n\r\n`;
    if ((await exchange(gateway.port, request)).body.toString() === "bad") return String(key);
  }
}

/** Status and, of the gateway's own, the code; the good target's answer; or that the body broke off. */
async function outcomeOf(request: string): Promise<string> {
  using client = await connect(gateway.port);
  void client.send(request);
  const text = (await client.readAll()).toString("latin1");
  const [, status = ""] = /^HTTP\/1\.1 (\d+)/.exec(text) ?? [];
  if (text.endsWith("half")) return "broken";
  if (text.endsWith("good")) return "good";
  const code = /"code":"(\w+)"/.exec(text)?.[1];
  return code === undefined ? status : `${status} ${code}`;
}

async function runCase(fault: Fault, { method, more, body }: Case, policy: Policy) {
  const first = fault.script === undefined ? "refusing" : "bad";
  if (fault.script !== undefined) bad.answer(fault.script);
  const isHanging = fault.alone.endsWith("timeout");
  const path = `/${isHanging ? "hanging" : first}-${policy}/${++serial}`;
  const length = body === "" ? "" : `Content-Length: ${body.length}\r\n`;
  const head = `${method} ${path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\nX-Key: ${keys[first]}\r\n`;
  const client = await outcomeOf(`${head}${more}${length}\r\n${body}`);
  const { fields } = await gateway.waitForLog(({ fields }) => fields.path === path);
  const arrived = (upstream: Upstream) => upstream.requests.filter(({ target }) => target === path);
  for (const request of [...arrived(bad), ...arrived(good)]) expect(request.body.toString()).toBe(body);
  return { client, bad: arrived(bad).length, good: arrived(good).length, attempts: fields.attempts };
}

describe.each(FAULTS.map((fault) => [fault.what, fault] as const))("the first target %s", (_, fault) => {
  for (const policy of Object.keys(POLICIES) as Policy[]) {
    test.each(CASES.map((one) => [one.what, one] as const))(`a %s, policy ${policy}`, async (_what, one) => {
      const isSent = fault.script !== undefined;
      const isRetried = policy !== "none" && fault.isRetried && (!isSent || one.repeatable.includes(policy));
      expect(await runCase(fault, one, policy)).toEqual({
        client: isRetried ? "good" : fault.alone,
        bad: isSent ? 1 : 0,
        good: isRetried ? 1 : 0,
        attempts: isRetried ? 2 : 1,
      });
    });
  }
});
