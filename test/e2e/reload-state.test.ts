import { afterAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { startConsul } from "../support/consul.ts";
import { type InProcessGateway, startInProcess } from "../support/in-process.ts";
import { connect } from "../support/raw.ts";
import { replies, response } from "../support/scripts.ts";
import { until } from "../support/until.ts";
import { startUpstream } from "../support/upstream.ts";

setDefaultTimeout(60_000);

const up = startUpstream(replies(response("ok")));
const ill = startUpstream(replies(response("ill", { status: 500 })));
afterAll(() => {
  up.stop();
  ill.stop();
});

async function status({ port }: InProcessGateway, path = "/"): Promise<number> {
  using client = await connect(port);
  return (await client.exchange(`GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`)).status;
}

function yaml(plugins: string, service = `targets: ["${up.url}"]`, more = ""): string {
  return `${more}services: { s: { ${service} } }\nroutes: [{ name: r, path: /*, service: s, plugins: ${plugins} }]\n`;
}

describe("plugins", () => {
  test("count on, and go by other options at once", async () => {
    const limited = (allow: string) =>
      yaml(`{ ip-restriction: { allow: ["${allow}"] }, rate-limit: { limit: 2, window: 1h, key: ip } }`);
    await using gateway = await startInProcess(limited("127.0.0.1"));
    expect([await status(gateway), await status(gateway), await status(gateway)]).toEqual([200, 200, 429]);
    await gateway.reload(limited("10.0.0.0/8"));
    expect(await status(gateway)).toBe(403);
    await gateway.reload(limited("127.0.0.0/8"));
    expect(await status(gateway)).toBe(429);
  });

  test("keep a circuit open", async () => {
    const broken = (open: string) =>
      yaml(`{ circuit-breaker: { consecutive-failures: 2, open: ${open} } }`, `targets: ["${ill.url}"]`);
    await using gateway = await startInProcess(broken("1m"));
    expect([await status(gateway), await status(gateway), await status(gateway)]).toEqual([500, 500, 503]);
    await gateway.reload(broken("2m"));
    expect(await status(gateway)).toBe(503);
  });

  test("of a request under way are closed after it, and not before", async () => {
    const finish = Promise.withResolvers<void>();
    using slow = startUpstream(async (_, connection) => {
      await finish.promise;
      await connection.send(response("late"));
    });
    await using gateway = await startInProcess(yaml("{ access-log: {} }", `targets: ["${slow.url}"]`));
    const before = gateway.gateway.snapshot.signal;
    const pending = status(gateway);
    await slow.waitForRequests(1);
    await gateway.reload(yaml("{}", `targets: ["${up.url}"]`));
    expect(await status(gateway)).toBe(200);
    expect(before.aborted).toBe(false);
    finish.resolve();
    expect(await pending).toBe(200);
    await until(() => before.aborted);
    // The request has the plugins that it began with.
    expect(gateway.logs.filter(({ message }) => message === "request")).toHaveLength(1);
  });

  test("that nobody uses any more are closed at once", async () => {
    await using gateway = await startInProcess(yaml("{}"));
    const { signal } = gateway.gateway.snapshot;
    await gateway.reload(yaml("{}"));
    expect(signal.aborted).toBe(true);
  });
});

test("of configurations that requests still go by, the oldest is closed when there are too many", async () => {
  const finish = Promise.withResolvers<void>();
  using slow = startUpstream(async (_, connection) => {
    await finish.promise;
    await connection.send(response("late"));
  });
  await using gateway = await startInProcess(yaml("{}", `targets: ["${slow.url}"]`));
  const signals: AbortSignal[] = [];
  const pending: Promise<number>[] = [];
  for (let n = 1; n <= 18; n++) {
    signals.push(gateway.gateway.snapshot.signal);
    pending.push(status(gateway));
    await slow.waitForRequests(n);
    await gateway.reload(yaml("{}", `targets: ["${slow.url}"]`));
  }
  expect(signals.map(({ aborted }) => aborted)).toEqual([true, true, ...Array<boolean>(16).fill(false)]);
  finish.resolve();
  expect(await Promise.all(pending)).toEqual(Array<number>(18).fill(200));
});

test("a configuration whose plugins cannot be set up leaves all as it was", async () => {
  await using gateway = await startInProcess(yaml("{}", `targets: ["${up.url}"]`));
  const { snapshot } = gateway.gateway;
  const bad = yaml(
    "{ concurrency-limit: { limit: 1, key: ip, lease: 10ms } }",
    `targets: ["${ill.url}"], balance: random`,
  );
  await expect(gateway.reload(bad)).rejects.toThrow("lease");
  expect(gateway.gateway.snapshot).toBe(snapshot);
  expect(snapshot.services.get("s")?.targets.map(({ url }) => url)).toEqual([up.url]);
  expect(snapshot.services.get("s")?.config.balance).toBe("round-robin");
  expect(await status(gateway)).toBe(200);
});

describe("discovered targets", () => {
  const at = (port: number) => ({ address: "127.0.0.1", port });

  test("stay, and are followed on, when another key of their service changes", async () => {
    await using consul = startConsul();
    consul.set([at(up.port)]);
    const found = (more = "") => yaml("{}", `discover: { consul: { url: "${consul.url}", service: s } } ${more}`);
    await using gateway = await startInProcess(found());
    const service = gateway.gateway.snapshot.services.get("s");
    const [target] = service?.targets ?? [];
    const { following } = service ?? {};
    expect(target?.url).toBe(up.url);
    await gateway.reload(found(", balance: random"));
    expect(service?.targets).toEqual(target === undefined ? [] : [target]);
    expect(service?.following).toBe(following);
    consul.set([at(up.port), at(ill.port)]);
    await until(() => service?.targets.length === 2);
  });

  test("are made anew, none missing, when their settings change", async () => {
    await using consul = startConsul();
    consul.set([at(up.port)]);
    const found = (more = "") => yaml("{}", `discover: { consul: { url: "${consul.url}", service: s } } ${more}`);
    await using gateway = await startInProcess(found());
    const service = gateway.gateway.snapshot.services.get("s");
    const [before] = service?.targets ?? [];
    await gateway.reload(found(", pool: { max-idle: 1 }"));
    expect(service?.targets.map(({ url }) => url)).toEqual([up.url]);
    expect(service?.targets[0]).not.toBe(before);
    consul.set([at(ill.port)]);
    await until(() => service?.targets[0]?.url === ill.url);
  });

  test("of a new service are there before its first request", async () => {
    await using consul = startConsul();
    consul.set([at(up.port)]);
    await using gateway = await startInProcess("routes: []\n");
    await gateway.reload(yaml("{}", `discover: { consul: { url: "${consul.url}", service: s } }`));
    expect(await status(gateway)).toBe(200);
  });
});

test("other bounds of overload hold from then on", async () => {
  await using gateway = await startInProcess(yaml("{}"));
  gateway.gateway.watchOverload(() => 2_000_000_000);
  expect(await status(gateway)).toBe(200);
  await gateway.reload(yaml("{}", undefined, "overload: { memory: 1gb }\n"));
  await until(async () => (await status(gateway)) === 503);
  await gateway.reload(yaml("{}"));
  expect(await status(gateway)).toBe(200);
});
