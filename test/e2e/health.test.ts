import { expect, test } from "bun:test";
import { startInProcess } from "../support/in-process.ts";
import { connect } from "../support/raw.ts";
import { hangs, replies, response } from "../support/scripts.ts";
import { startUpstream } from "../support/upstream.ts";

const FAILING = replies(response("", { status: 500 }));

async function bodies(port: number, count: number): Promise<readonly string[]> {
  using client = await connect(port);
  const all: string[] = [];
  for (let i = 0; i < count; i++) {
    const reply = await client.exchange("GET / HTTP/1.1\r\nHost: a.test\r\n\r\n");
    all.push(reply.status === 200 ? reply.body.toString() : String(reply.status));
  }
  return all;
}

test("a target that fails its checks gets no requests until it is well again", async () => {
  using a = startUpstream(replies(response("a")));
  using b = startUpstream(hangs());
  await using gateway = await startInProcess(`
services:
  s:
    targets: ["${a.url}", "${b.url}"]
    health: { path: /health, interval: 20ms, failing-interval: 20ms, timeout: 1s }
routes: [{ path: /*, service: s }]
`);
  await gateway.waitForLog(({ message }) => message === "a target is unhealthy");
  expect(new Set(await bodies(gateway.port, 10))).toEqual(new Set(["a"]));
  b.answer(replies(response("b")));
  await gateway.waitForLog(({ message }) => message === "a target is healthy again");
  expect(new Set(await bodies(gateway.port, 10))).toEqual(new Set(["a", "b"]));
  expect(b.requests[0]?.header("user-agent")).toBe("sluice-health-check");
  await gateway.stop();
  await Promise.all([a.waitForClosed(), b.waitForClosed()]);
});

test("a target with failures in a row is ejected, and comes back by time", async () => {
  using a = startUpstream(replies(response("a")));
  using b = startUpstream(FAILING);
  await using gateway = await startInProcess(`
services:
  s:
    targets: ["${a.url}", "${b.url}"]
    outlier-detection: { consecutive-failures: 3, ejection: 1500ms, max-ejection: 2s }
routes: [{ path: /*, service: s }]
`);
  const failed = (await bodies(gateway.port, 12)).filter((body) => body === "500");
  expect(failed).toHaveLength(3);
  b.answer(replies(response("b")));
  await gateway.waitForLog(({ message }) => message === "an ejected target gets requests again");
  expect(new Set(await bodies(gateway.port, 4))).toEqual(new Set(["a", "b"]));
});

test("while no target is healthy, all are used", async () => {
  using a = startUpstream(FAILING);
  using b = startUpstream(FAILING);
  await using gateway = await startInProcess(`
services:
  s: { targets: ["${a.url}", "${b.url}"], health: { interval: 20ms, healthy: 1000 } }
routes: [{ path: /*, service: s }]
`);
  for (const url of [a.url, b.url]) {
    await gateway.waitForLog(({ message, fields }) => message === "a target is unhealthy" && fields.target === url);
  }
  a.answer(replies(response("a")));
  expect(new Set(await bodies(gateway.port, 4))).toEqual(new Set(["a", "500"]));
});
