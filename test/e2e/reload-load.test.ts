import { expect, test } from "bun:test";
import { startGateway } from "../support/gateway.ts";
import { reload } from "../support/reload.ts";
import { replies, response } from "../support/scripts.ts";
import { until } from "../support/until.ts";
import { startUpstream } from "../support/upstream.ts";
import { openWebSocket, startEcho } from "../support/websocket.ts";
import { startLoad } from "../support/workers.ts";

const RELOADS = 1_000;
/** What a process may use more after the last reload than after the first fifth of them. */
const MORE_BYTES = 40_000_000;

test(`${RELOADS} reloads under load fail no request, close no WebSocket and leave nothing behind`, async () => {
  using up = startUpstream(replies(response("ok")));
  await using echo = startEcho();
  /** Each time another weight, another option of a plugin, another limit of a pool, and another route. */
  const yaml = (n: number) => `reload: manual
plugins: { request-id: {}, rate-limit: { limit: ${1_000_000 + n}, window: 1m } }
services:
  s:
    targets: ["${up.url}"]
    plugins: { circuit-breaker: { consecutive-failures: ${5 + (n % 3)} }, retry: {} }
  w: { targets: ["${echo.url}"], health: { type: tcp, interval: 1s }, outlier-detection: {} }
  other: { targets: [{ url: "${up.url}", weight: ${1 + (n % 5)} }], pool: { max-idle: ${1 + (n % 7)} } }
routes:
  - { path: /ws, service: w, upgrade: [websocket] }
  - { path: /*, service: s }
  - { path: /new-${n % 11}, service: other, plugins: { concurrency-limit: { limit: 10, key: ip } } }
`;
  await using gateway = await startGateway(yaml(0));
  const head = (await Bun.file(gateway.configFile).text()).split("reload:")[0] ?? "";
  const socket = await openWebSocket(gateway.port);
  const heard: unknown[] = [];
  socket.addEventListener("message", ({ data }) => heard.push(data));
  const load = startLoad([gateway.port], 4);
  let before = { rss: 0, fds: 0 };
  for (let n = 1; n <= RELOADS; n++) {
    await Bun.write(gateway.configFile, head + yaml(n));
    expect(await reload(gateway)).toMatchObject({ result: "applied", problems: [] });
    if (n % 100 === 0) socket.send(String(n));
    if (n === RELOADS / 5) before = { rss: gateway.rss(), fds: gateway.fds() };
  }
  await until(() => heard.length === RELOADS / 100);
  await load.stop();
  expect(load.failures).toEqual([]);
  expect(load.answered).toBeGreaterThan(RELOADS);
  expect(echo.closes).toEqual([]);
  expect(gateway.rss() - before.rss).toBeLessThan(MORE_BYTES);
  expect(gateway.fds()).toBeLessThanOrEqual(before.fds + 4);
  socket.close();
  await echo.waitForCloses(1);
}, 300_000);
