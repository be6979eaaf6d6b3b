import { expect, test } from "bun:test";
import { startGateway } from "./gateway.ts";
import { exchange } from "./raw.ts";
import { replies } from "./scripts.ts";
import { startUpstream } from "./upstream.ts";

test("the gateway runs in a process of its own, tells its ports, and stops", async () => {
  using upstream = startUpstream(replies());
  await using gateway = await startGateway(
    `services: { up: { targets: ["${upstream.url}"] } }\nroutes: [{ path: /*, service: up }]\n`,
  );
  const reply = await exchange(gateway.port, "GET /a HTTP/1.1\r\nHost: localhost\r\n\r\n");
  expect(reply.body.toString()).toBe("ok");
  expect((await fetch(`http://127.0.0.1:${gateway.adminPort}/health/ready`)).status).toBe(200);
  expect(gateway.rss()).toBeGreaterThan(10_000_000);
  expect(gateway.fds()).toBeGreaterThan(gateway.sockets());
  expect(gateway.sockets()).toBeGreaterThan(2);
  expect(await gateway.stop()).toBe(0);
  await gateway.waitForLog((line) => line.msg === "stopped");
});

test("a gateway that does not start rejects with what it said", async () => {
  await expect(startGateway("services: 5\n")).rejects.toThrow("gateway.yaml:3:11");
});
