import { expect, test } from "bun:test";
import { briefs } from "./workspace.ts";

const yaml = (protocol: string) => `
services: { a: { targets: ["http://127.0.0.1:1"] } }
routes: [{ path: /*, service: a, upgrade: ["${protocol}"] }]
`;

test.each(["websocket", "WebSocket", "my-protocol", "IRC/6.9", "h2cx", "h3"])("upgrade may be to %s", async (name) => {
  expect(await briefs(yaml(name))).toEqual([]);
});

test.each(["h2c", "H2C", "h2", "h2c/1", "", "a b", "a,b", "a/", "/a", "a/b/c", "ä"])(
  "upgrade may not be to %p",
  async (name) => {
    expect(await briefs(yaml(name))).toEqual([
      expect.stringContaining("routes[0].upgrade[0]: expected a protocol such as websocket, and not h2c, found"),
    ]);
  },
);
