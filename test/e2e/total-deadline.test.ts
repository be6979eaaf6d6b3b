import { expect, test } from "bun:test";
import { startInProcess } from "../support/in-process.ts";
import { exchange } from "../support/raw.ts";
import { hangs } from "../support/scripts.ts";
import { tempFolder } from "../support/temp.ts";
import { startUpstream } from "../support/upstream.ts";

/** A layer that tries until it is told something else than that time is up, or has tried ten times. */
const STUBBORN = `
import { definePlugin, Type } from "sluice/plugin";
export default definePlugin({
  name: "stubborn",
  description: "Tries again and again.",
  options: Type.Object({}),
  setup: () => ({
    forward: (next) => async (ctx) => {
      for (let tries = 1; ; tries++) {
        try {
          return await next(ctx);
        } catch (error) {
          if (tries === 10) throw error;
        }
      }
    },
  }),
});`;

test("the total time is that of all attempts together", async () => {
  using folder = tempFolder();
  const plugin = folder.write("stubborn.ts", STUBBORN);
  await using upstream = startUpstream(hangs());
  await using gateway = await startInProcess(`
services:
  slow: { targets: ["${upstream.url}"], timeouts: { response: 400ms, total: 1s } }
routes:
  - { path: /*, service: slow, plugins: { "${plugin}": {} } }
`);
  const reply = await exchange(gateway.port, "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
  expect(reply.status).toBe(504);
  // 400 ms, 400 ms, and the 200 ms that are left; the attempts after that are not sent at all.
  expect(upstream.requests.length).toBeWithin(2, 4);
});
