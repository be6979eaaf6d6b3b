import { afterAll, expect, test } from "bun:test";
import { startGateway } from "../support/gateway.ts";
import { connect } from "../support/raw.ts";
import { replies } from "../support/scripts.ts";
import { until } from "../support/until.ts";
import { startUpstream } from "../support/upstream.ts";
import { workersOf } from "../support/workers.ts";

const upstream = startUpstream(replies());
afterAll(() => upstream.stop());

/** So long a worker keeps its clients for another that does not close its port, and half a second more those that are idle. */
const KEPT_MS = 1_000 + 500;

test("no worker lets its clients go while another one still listens: they would come to a port that closes", async () => {
  await using gateway = await startGateway(`listen: { host: 127.0.0.1, port: 0, workers: 2 }
services: { s: { targets: ["${upstream.url}"] } }
routes: [{ path: /*, service: s }]
`);
  const [late] = await workersOf(gateway);
  // Over both workers: those that are not of the late one can be told by their end.
  const clients = await Promise.all(Array.from({ length: 30 }, () => connect(gateway.port)));
  for (const client of clients) expect((await client.exchange("GET / HTTP/1.1\r\nHost: a\r\n\r\n")).status).toBe(200);
  process.kill(late?.pid ?? 0, "SIGSTOP");
  const stoppedAt = performance.now();
  gateway.signal("SIGTERM");
  await until(() => clients.some(({ isEnded }) => isEnded));
  const keptMs = performance.now() - stoppedAt;
  const areAllGone = clients.every(({ isEnded }) => isEnded);
  process.kill(late?.pid ?? 0, "SIGCONT");
  expect(keptMs).toBeGreaterThan(KEPT_MS - 50);
  expect(areAllGone).toBe(false);
  expect(await gateway.exited).toBe(0);
  for (const client of clients) await client.waitForClosed();
});
