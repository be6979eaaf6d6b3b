import { generateKeyPairSync, sign } from "node:crypto";
import type { TSchema } from "@sinclair/typebox";
import concurrencyLimit from "../../plugins/concurrency-limit/index.ts";
import jwt from "../../plugins/jwt/index.ts";
import quota from "../../plugins/quota/index.ts";
import rateLimit from "../../plugins/rate-limit/index.ts";
import { createPluginApps } from "../../src/admin/plugin-apps.ts";
import { Reply } from "../../src/message/reply.ts";
import type { Phases, Plugin } from "../../src/plugin.ts";
import { createScope } from "../../src/scope.ts";
import { MemoryBackend } from "../../src/store/memory.ts";
import { type SharedStore, shareStore } from "../../src/store/shared.ts";
import { createTestLasting } from "../../src/testing/lasting.ts";
import { decodeOptions } from "../../src/testing/options.ts";
import { createContext } from "../../src/testing/request.ts";
import { openRedisStore } from "../store/redis-store.ts";
import { startRedis } from "../support/redis.ts";

/** CPU time that the limits add to a request, in memory and on Redis with 64 in flight: `bun test/bench/limits.ts`. */

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

/** One request through the phases of the plugins. */
async function request(all: readonly Phases[], index: number): Promise<void> {
  const ctx = createContext(contexts[index % CLIENTS] ?? {}, undefined, undefined);
  for (const { authenticate, limit } of all) {
    const identified = authenticate?.(ctx);
    if (identified instanceof Promise) await identified;
    const pending = limit?.(ctx);
    if (pending instanceof Promise) await pending;
  }
  for (const { response, log } of all) {
    const reply = response?.(ctx, new Reply(200));
    if (reply instanceof Promise) await reply;
    log?.(ctx, {} as never);
  }
}

/** CPU µs a request, user and system; the least of the rounds, as noise only ever adds. */
async function measure(phases: readonly Phases[], requests: number): Promise<number> {
  let least = Number.POSITIVE_INFINITY;
  for (let round = 0; round < ROUNDS; round++) {
    let next = 0;
    const before = process.cpuUsage();
    const client = async () => {
      while (next < requests) await request(phases, next++);
    };
    await Promise.all(Array.from({ length: IN_FLIGHT }, client));
    const { user, system } = process.cpuUsage(before);
    least = Math.min(least, (user + system) / requests);
  }
  return least;
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
