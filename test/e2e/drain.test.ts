import { afterAll, expect, setDefaultTimeout, test } from "bun:test";
import { type GatewayProcess, startGateway } from "../support/gateway.ts";
import { connect } from "../support/raw.ts";
import { reload, rewrite } from "../support/reload.ts";
import { replies, response } from "../support/scripts.ts";
import { until } from "../support/until.ts";
import { startUpstream, type UpstreamConnection } from "../support/upstream.ts";
import { adminJson, replaceWorker, startLoad, workersOf } from "../support/workers.ts";

setDefaultTimeout(60_000);

const a = startUpstream(replies(response("a")));
/** Answers /slow when it is told to. */
const held: UpstreamConnection[] = [];
const b = startUpstream(({ target }, connection) => {
  if (target === "/slow") held.push(connection);
  else void connection.send(response("b"));
});
afterAll(() => {
  a.stop();
  b.stop();
});

const yaml = (targets: readonly string[] = [a.url, b.url], more = "") => `reload: manual
services:
  s: { targets: ${JSON.stringify(targets)}, balance: round-robin }
routes: [{ path: /*, service: s }]
${more}`;

const start = (workers: number) => startGateway(`listen: { host: 127.0.0.1, port: 0, workers: ${workers} }\n${yaml()}`);

function drain({ adminPort }: GatewayProcess, method: "POST" | "DELETE", target: string, more: object = {}) {
  const body = JSON.stringify({ service: "s", target, ...more });
  return fetch(`http://127.0.0.1:${adminPort}/api/drain`, { method, body });
}

/** Which targets answer over so many new connections, enough to reach all workers. */
async function answering({ port }: GatewayProcess): Promise<string> {
  const seen = new Set<string>();
  for (let i = 0; i < 30; i++) {
    using client = await connect(port);
    for (let n = 0; n < 2; n++) {
      const reply = await client.exchange("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
      seen.add(reply.status === 200 ? reply.body.toString() : `${reply.status}`);
    }
  }
  return [...seen].sort().join(" ");
}

interface Target {
  readonly url: string;
  readonly isDrained?: boolean;
}

async function targetsOf(gateway: GatewayProcess): Promise<readonly Target[]> {
  const { services } = await adminJson<{ services: readonly { targets: readonly Target[] }[] }>(
    gateway,
    "/api/services",
  );
  return (
    services[0]?.targets.map(({ url, isDrained }) => ({ url, ...(isDrained === undefined ? {} : { isDrained }) })) ?? []
  );
}

test.each([1, 2])("with %d processes a drained target finishes what it has, and gets nothing new", async (workers) => {
  await using gateway = await start(workers);
  expect(await answering(gateway)).toBe("a b");
  held.length = 0;
  using slow = await connect(gateway.port);
  await until(async () => {
    // Round-robin gets there soon, whichever turn it is.
    await slow.send("GET /slow HTTP/1.1\r\nHost: a\r\n\r\n");
    await until(() => held.length > 0 || slow.inbox.rest.length > 0);
    if (held.length === 0) await slow.readResponse();
    return held.length > 0;
  });

  expect(await (await drain(gateway, "POST", b.url)).json()).toEqual({
    service: "s",
    target: b.url,
    isDrained: true,
    isShared: false,
  });
  expect(await answering(gateway)).toBe("a");
  expect(await targetsOf(gateway)).toEqual([{ url: a.url }, { url: b.url, isDrained: true }]);
  const metrics = await (await fetch(`http://127.0.0.1:${gateway.adminPort}/metrics`)).text();
  expect(metrics).toContain(`sluice_target_drained{service="s",target="${b.url}"} 1`);
  expect(metrics).toContain(`sluice_target_drained{service="s",target="${a.url}"} 0`);
  expect(metrics).toContain(`sluice_target_healthy{service="s",target="${b.url}"} 1`);
  await gateway.waitForLog(
    ({ msg, target }) => msg === "a target is drained: it gets no new requests" && target === b.url,
  );
  await until(() => b.open === 1, { what: "only the connection in use is left" });

  await held[0]?.send(response("late"));
  expect((await slow.readResponse()).body.toString()).toBe("late");
  await until(() => b.open === 0, { what: "the target has no connection of the gateway's any more" });

  const refused = await drain(gateway, "POST", a.url);
  expect([refused.status, await answering(gateway)]).toEqual([422, "a"]);
  expect((await drain(gateway, "DELETE", b.url)).status).toBe(200);
  expect(await answering(gateway)).toBe("a b");
  expect(await targetsOf(gateway)).toEqual([{ url: a.url }, { url: b.url }]);
});

test("forced, all are drained, and requests say that there is no target", async () => {
  await using gateway = await start(1);
  await drain(gateway, "POST", a.url);
  expect((await drain(gateway, "POST", b.url)).status).toBe(422);
  expect((await drain(gateway, "POST", b.url, { force: true })).status).toBe(200);
  expect(await answering(gateway)).toBe("503");
  await drain(gateway, "DELETE", a.url);
  expect(await answering(gateway)).toBe("a");
});

test("of two orders at a time that would drain all, one is refused", async () => {
  await using gateway = await start(2);
  const replies = await Promise.all([drain(gateway, "POST", a.url), drain(gateway, "POST", b.url)]);
  expect(replies.map(({ status }) => status).toSorted()).toEqual([200, 422]);
});

test.each([1, 2])("with %d processes it stays drained over reloads, while it is there", async (workers) => {
  await using gateway = await start(workers);
  await drain(gateway, "POST", b.url);
  const listen = `listen: { host: 127.0.0.1, port: 0, workers: ${workers} }\n`;
  await rewrite(gateway, `${listen}${yaml([b.url, a.url], "overload: {}")}`);
  expect(await reload(gateway)).toMatchObject({ result: "applied" });
  expect(await answering(gateway)).toBe("a");
  // Other settings make other targets of it.
  await rewrite(gateway, `${listen}${yaml().replace("balance:", "timeouts: { connect: 2s }, balance:")}`);
  expect(await reload(gateway)).toMatchObject({ result: "applied" });
  expect(await answering(gateway)).toBe("a");
  expect(await adminJson(gateway, "/api/drain")).toMatchObject({ drained: [{ service: "s", target: b.url }] });

  await rewrite(gateway, `${listen}${yaml([a.url])}`);
  expect(await reload(gateway)).toMatchObject({ result: "applied" });
  expect(await adminJson<object>(gateway, "/api/drain")).toEqual({ drained: [], isShared: false });
  const [{ pid = 0 } = {}] = workers > 1 ? await workersOf(gateway) : [];
  if (pid !== 0) await replaceWorker(gateway, pid);
  await rewrite(gateway, `${listen}${yaml()}`);
  expect(await reload(gateway)).toMatchObject({ result: "applied" });
  expect(await answering(gateway)).toBe("a b");
  expect(await targetsOf(gateway)).toEqual([{ url: a.url }, { url: b.url }]);
});

test("a worker that starts later knows it, under load and without a failed request", async () => {
  await using gateway = await start(2);
  const load = startLoad([gateway.port], 4);
  await drain(gateway, "POST", b.url);
  await load.stop();
  expect(load.failures).toEqual([]);
  for (const { pid = 0 } of await workersOf(gateway)) await replaceWorker(gateway, pid);
  expect(await answering(gateway)).toBe("a");
  expect((await targetsOf(gateway))[1]).toEqual({ url: b.url, isDrained: true });
});

test("a worker that does not answer is named, and follows when it does", async () => {
  await using gateway = await start(2);
  const [first] = await workersOf(gateway);
  if (first?.pid === undefined) throw new Error("there is a first worker");
  process.kill(first.pid, "SIGSTOP");
  // Of a busy machine the other one may be late, too.
  const reply = await until(async () => {
    const told = await drain(gateway, "POST", b.url);
    const body = (await told.json()) as { withoutWorkers?: number[] };
    return Bun.deepEquals(body.withoutWorkers, [1]) && { status: told.status, body };
  });
  process.kill(first.pid, "SIGCONT");
  expect(reply).toMatchObject({ status: 200, body: { isDrained: true } });
  await until(async () => !("withoutWorkers" in (await adminJson<object>(gateway, "/api/services"))));
  expect(await answering(gateway)).toBe("a");
});
