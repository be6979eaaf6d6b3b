import { afterAll, expect, setDefaultTimeout, test } from "bun:test";
import { type GatewayProcess, startGateway } from "../support/gateway.ts";
import { connect } from "../support/raw.ts";
import { startRedis } from "../support/redis.ts";
import { reload, rewrite } from "../support/reload.ts";
import { replies, response } from "../support/scripts.ts";
import { until } from "../support/until.ts";
import { startUpstream } from "../support/upstream.ts";
import { adminJson } from "../support/workers.ts";

setDefaultTimeout(90_000);

const a = startUpstream(replies(response("a")));
const b = startUpstream(replies(response("b")));
afterAll(() => {
  a.stop();
  b.stop();
});

const yaml = (redisUrl: string, workers: number, targets = [a.url, b.url]) => `
listen: { host: 127.0.0.1, port: 0, workers: ${workers} }
reload: manual
redis: { url: "${redisUrl}" }
alerts: { rules: [{ name: slow, kind: latency, slower-than: 1s }] }
services: { s: { targets: ${JSON.stringify(targets)}, balance: round-robin } }
routes: [{ path: /*, service: s }]
`;

interface Drained {
  readonly drained: readonly { readonly target: string }[];
  readonly isShared: boolean;
}

const drainedAt = async (gateway: GatewayProcess) => {
  const { drained, isShared } = await adminJson<Drained>(gateway, "/api/drain");
  return { targets: drained.map(({ target }) => target), isShared };
};

async function send(gateway: GatewayProcess, method: string, path: string, body?: object): Promise<number> {
  const url = `http://127.0.0.1:${gateway.adminPort}${path}`;
  return (await fetch(url, { method, ...(body === undefined ? {} : { body: JSON.stringify(body) }) })).status;
}

const drain = (gateway: GatewayProcess, target: string, method = "POST") =>
  send(gateway, method, "/api/drain", { service: "s", target });

/** Who answers over new connections, enough to reach all workers. */
async function answering({ port }: GatewayProcess): Promise<string> {
  const seen = new Set<string>();
  for (let i = 0; i < 30; i++) {
    using client = await connect(port);
    for (let n = 0; n < 2; n++) seen.add((await client.exchange("GET / HTTP/1.1\r\nHost: a\r\n\r\n")).body.toString());
  }
  return [...seen].sort().join(" ");
}

const silencesAt = async (gateway: GatewayProcess) =>
  (await adminJson<{ silences: readonly { id: string; reason: string }[] }>(gateway, "/api/alerts")).silences;

/** The tests wait for what takes a second where nothing else runs. */
const LATER = { timeout: 20_000 };

test("a drain holds over a restart, and for all gateways that share Redis", async () => {
  await using redis = await startRedis();
  {
    await using first = await startGateway(yaml(redis.url, 1));
    await using second = await startGateway(yaml(redis.url, 2));
    expect(await drain(first, b.url)).toBe(200);
    expect(await drainedAt(first)).toEqual({ targets: [b.url], isShared: true });
    expect(await answering(first)).toBe("a");
    await second.waitForLog(({ msg }) => msg === "a target is drained, as the store says: it gets no new requests");
    await until(async () => (await answering(second)) === "a", LATER);
  }
  for (const workers of [1, 2]) {
    await using again = await startGateway(yaml(redis.url, workers));
    // From its first request on.
    expect(await answering(again)).toBe("a");
    expect(await drainedAt(again)).toEqual({ targets: [b.url], isShared: true });
  }
  await using third = await startGateway(yaml(redis.url, 1));
  await using fourth = await startGateway(yaml(redis.url, 1));
  expect(await drain(fourth, b.url, "DELETE")).toBe(200);
  await until(async () => (await answering(third)) === "a b", LATER);
});

test("a configuration without the target takes the drain back, for all", async () => {
  await using redis = await startRedis();
  await using first = await startGateway(yaml(redis.url, 1));
  await using second = await startGateway(yaml(redis.url, 1));
  await drain(first, b.url);
  await until(async () => (await drainedAt(second)).targets.length === 1, LATER);
  await rewrite(first, yaml(redis.url, 1, [a.url]));
  await reload(first);
  await until(async () => (await drainedAt(second)).targets.length === 0, LATER);
  await rewrite(first, yaml(redis.url, 1));
  await reload(first);
  expect(await answering(first)).toBe("a b");
});

test.each([1, 2])(
  "with %d processes all is local while Redis is away, said, and agreed on afterwards",
  async (workers) => {
    await using redis = await startRedis();
    await using first = await startGateway(yaml(redis.url, workers));
    await using second = await startGateway(yaml(redis.url, workers));
    await redis.kill();
    expect(await drain(first, b.url)).toBe(200);
    expect(await drainedAt(first)).toEqual({ targets: [b.url], isShared: false });
    expect(await answering(first)).toBe("a");
    await first.waitForLog(
      ({ msg, about }) => msg === "gateways cannot agree: each goes on by itself" && about === "drains",
    );
    expect((await drainedAt(second)).targets).toEqual([]);
    await redis.restart();
    await until(async () => (await drainedAt(second)).targets.length === 1, LATER);
    await until(async () => (await answering(second)) === "a", LATER);
    await until(async () => (await drainedAt(first)).isShared, LATER);
  },
);

test("a start does not wait for a Redis that hangs, and follows when it answers", async () => {
  await using redis = await startRedis();
  {
    await using first = await startGateway(yaml(redis.url, 1));
    await drain(first, b.url);
  }
  redis.hang();
  await using second = await startGateway(yaml(redis.url, 2));
  expect(await answering(second)).toBe("a b");
  redis.resume();
  await until(async () => (await answering(second)) === "a", LATER);
});

test("a silence holds over a restart, and for all gateways that share Redis, until it is ended", async () => {
  await using redis = await startRedis();
  const silence = { for: "1h", reason: "a deployment", rule: "slow" };
  {
    await using first = await startGateway(yaml(redis.url, 1));
    await using second = await startGateway(yaml(redis.url, 2));
    await until(async () => (await send(first, "POST", "/api/alerts/silences", silence)) === 201, LATER);
    await until(async () => (await silencesAt(second))[0]?.reason === "a deployment", LATER);
  }
  await using third = await startGateway(yaml(redis.url, 2));
  await until(async () => (await silencesAt(third)).length === 1, LATER);
  await using fourth = await startGateway(yaml(redis.url, 1));
  await until(async () => (await silencesAt(fourth)).length === 1, LATER);
  const [{ id = "" } = {}] = await silencesAt(fourth);
  expect(await send(fourth, "DELETE", `/api/alerts/silences/${id}`)).toBe(204);
  await until(async () => (await silencesAt(third)).length === 0, LATER);
});
