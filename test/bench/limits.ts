import { generateKeyPairSync, sign } from "node:crypto";
import type { TSchema } from "@sinclair/typebox";
import concurrencyLimit from "../../plugins/concurrency-limit/index.ts";
import jwt from "../../plugins/jwt/index.ts";
import quota from "../../plugins/quota/index.ts";
import rateLimit from "../../plugins/rate-limit/index.ts";
import { createPluginApps } from "../../src/admin/plugin-apps.ts";
import type { PendingReply, ReplyReceiver } from "../../src/message/pending.ts";
import { Reply } from "../../src/message/reply.ts";
import { composePipeline, type Pipeline } from "../../src/pipeline.ts";
import type { Context, Phases, Plugin } from "../../src/plugin.ts";
import { createScope } from "../../src/scope.ts";
import { MemoryBackend } from "../../src/store/memory/backend.ts";
import { type SharedStore, shareStore } from "../../src/store/shared.ts";
import { createTestLasting } from "../../src/testing/lasting.ts";
import { decodeOptions } from "../../src/testing/options.ts";
import { createContext } from "../../src/testing/request.ts";
import { OUTCOME } from "../pipeline-run.ts";
import { openRedisStore } from "../store/redis-store.ts";
import { startRedis } from "../support/redis.ts";

/**
 * CPU time that identity and limits add to a request on its way through its phases, in memory and on Redis with 64 in flight:
 * `bun test/bench/limits.ts`.
 */

const ROUNDS = 7;
const REQUESTS = 100_000;
const IN_FLIGHT = 64;
const CLIENTS = 1_000;

const keys = generateKeyPairSync("rsa", { modulusLength: 2_048 });
const publicKey = keys.publicKey.export({ type: "spki", format: "pem" }).toString();

function tokenOf(client: number): string {
  const claims = { sub: `user-${client}`, jti: `token-${client}`, exp: Math.floor(Date.now() / 1_000) + 3_600 };
  const parts = [{ alg: "RS256", typ: "JWT" }, claims].map((part) =>
    Buffer.from(JSON.stringify(part)).toString("base64url"),
  );
  return `${parts.join(".")}.${sign("sha256", Buffer.from(parts.join(".")), keys.privateKey).toString("base64url")}`;
}

const WIDE = { limit: 1_000_000_000, window: "1h" };
const JWT = { "public-key": publicKey, algorithms: ["RS256"], blacklist: { mode: "check" } };
type Case = readonly [name: string, ...plugins: (readonly [Plugin<TSchema>, Record<string, unknown>])[]];
const PUSH = { ...JWT, blacklist: { mode: "push" } };
const BY_PRINCIPAL = { ...WIDE, key: "principal" };
const CASES: readonly Case[] = [
  ["nothing"],
  ["rate-limit, ip, no fields", [rateLimit, { ...WIDE, headers: "none" }]],
  ["rate-limit, ip", [rateLimit, WIDE]],
  ["rate-limit, principal", [rateLimit, BY_PRINCIPAL]],
  ["rate-limit, two limits", [rateLimit, { limits: [WIDE, { ...WIDE, key: "principal" }] }]],
  ["rate-limit, ip, synced", [rateLimit, { ...WIDE, mode: "synced" }]],
  ["quota, day and month", [quota, { day: 1_000_000_000, month: 1_000_000_000 }]],
  ["concurrency-limit, ip", [concurrencyLimit, { limit: 1_000, key: "ip" }]],
  ["jwt, blacklist (check)", [jwt, JWT]],
  ["jwt, blacklist (push)", [jwt, PUSH]],
  ["jwt (check), rate-limit", [jwt, JWT], [rateLimit, BY_PRINCIPAL]],
  ["jwt (push), rate-limit", [jwt, PUSH], [rateLimit, BY_PRINCIPAL]],
];

async function setUp(plugin: Plugin<TSchema>, options: Record<string, unknown>, store: SharedStore): Promise<Phases> {
  const lasting = { ...createTestLasting(), store, now: Date.now };
  const { signal } = new AbortController();
  const adminOf = createPluginApps(lasting.log).of;
  const toService = () => () => Reply.text(200, "ok");
  const base = { directory: "/", signal, lasting, cacheBytes: 1_048_576, toService, adminOf };
  const scope = createScope({ key: plugin.name, name: plugin.name }, { name: "r", path: "/*" }, "s", "route r", base);
  return plugin.setup(decodeOptions(plugin, options, "/") as never, scope);
}

const contexts = Array.from({ length: CLIENTS }, (_, i) => ({
  peer: { address: `192.0.${i >> 8}.${i & 255}` },
  principal: { id: `user-${i}`, source: "jwt", scopes: [], claims: {} },
  headers: { authorization: `Bearer ${tokenOf(i)}` },
}));

/** A service that answers later, as one behind a connection does. */
const SERVICE = { select: () => {}, send: () => ANSWERED };
const ANSWERED: PendingReply = {
  deliverTo: (receiver) => queueMicrotask(() => receiver.onReply(new Reply(200))),
};

/** A client that sends the next request when it has its reply, as long as there are any. */
class Client implements ReplyReceiver {
  readonly done = Promise.withResolvers<void>();
  readonly #pipeline: Pipeline;
  readonly #next: () => number | undefined;
  #ctx: Context | undefined = undefined;

  constructor(pipeline: Pipeline, next: () => number | undefined) {
    this.#pipeline = pipeline;
    this.#next = next;
  }

  send(): void {
    const index = this.#next();
    if (index === undefined) return this.done.resolve();
    this.#ctx = createContext(contexts[index % CLIENTS] ?? {}, undefined, undefined);
    const answer = this.#pipeline.handle(this.#ctx);
    if (answer instanceof Promise)
      answer.then(
        (reply) => this.onReply(reply),
        (error: unknown) => this.onFailure(error),
      );
    else if (answer instanceof Reply) queueMicrotask(() => this.onReply(answer));
    else answer.deliverTo(this);
  }

  onReply(reply: Reply): void {
    if (this.#ctx !== undefined) this.#pipeline.finish(this.#ctx, OUTCOME);
    if (reply.status === 200) this.send();
    else this.done.reject(new Error(`the status is ${reply.status}`));
  }

  onFailure(error: unknown): void {
    this.done.reject(error);
  }
}

/** CPU µs a request, user and system; the median of the rounds. */
async function measure(phases: readonly Phases[], requests: number): Promise<number> {
  const pipeline = composePipeline(phases, SERVICE, "problem");
  const found: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    let sent = 0;
    const next = () => (sent < requests ? sent++ : undefined);
    const clients = Array.from({ length: IN_FLIGHT }, () => new Client(pipeline, next));
    const before = process.cpuUsage();
    for (const client of clients) client.send();
    await Promise.all(clients.map(({ done }) => done.promise));
    const { user, system } = process.cpuUsage(before);
    found.push((user + system) / requests);
  }
  return found.toSorted((a, b) => a - b)[ROUNDS >> 1] ?? 0;
}

await using redis = await startRedis();
await using onRedis = await openRedisStore({ url: redis.url });
console.log(
  `${"CPU µs a request".padEnd(28)}${"in memory".padStart(12)}${`Redis, ${IN_FLIGHT} in flight`.padStart(24)}`,
);
let base: readonly number[] = [];
const only = process.argv.slice(2);
for (const [name, ...plugins] of CASES) {
  if (name !== "nothing" && only.length > 0 && !only.includes(name)) continue;
  const inProcess = shareStore(new MemoryBackend({ now: Date.now }), "");
  const memory = await Promise.all(plugins.map(([plugin, options]) => setUp(plugin, options, inProcess)));
  const shared = await Promise.all(plugins.map(([plugin, options]) => setUp(plugin, options, onRedis)));
  const found = [await measure(memory, REQUESTS), await measure(shared, REQUESTS / 2)];
  if (base.length === 0) base = found;
  const [inMemory = 0, overRedis = 0] = found.map((us, i) => us - (base[i] ?? 0));
  console.log(`${name.padEnd(28)}${inMemory.toFixed(2).padStart(12)}${overRedis.toFixed(2).padStart(24)}`);
}
