import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { type InProcessGateway, startInProcess } from "../support/in-process.ts";
import { problemOf } from "../support/problem.ts";
import { connect } from "../support/raw.ts";
import { type TempFolder, tempFolder } from "../support/temp.ts";
import { startUpstream, type Upstream } from "../support/upstream.ts";
import { switches, upgradeRequest } from "../support/websocket.ts";

/** A plugin with these phases; Reply is there. */
const plugin = (name: string, phases: string) => `
import { definePlugin, Reply, Type } from "sluice/plugin";
export default definePlugin({
  name: "${name}",
  description: "Meddles with upgrades.",
  answers: true,
  options: Type.Object({}),
  setup: () => ({ ${phases} }),
});`;

const PLUGINS: Readonly<Record<string, string>> = {
  replaces: "response: () => new Reply(202)",
  copies: "response: (_, reply) => new Reply(reply.status, reply.headers, reply.body)",
  renumbers: "response: (_, reply) => { reply.status = 200; return reply; }",
  throws: "response: () => { throw new Error('no') }",
  invents: "request: () => new Reply(101)",
  fills: "request: (ctx) => { ctx.request.body = Reply.text(200, 'filled').body; return undefined; }",
  marks: "response: (_, reply) => { reply.headers.set('x-marked', 'yes'); return reply; }",
};

let folder: TempFolder;
let upstream: Upstream;
let gateway: InProcessGateway;

beforeAll(async () => {
  folder = tempFolder();
  upstream = startUpstream(switches());
  const routes = Object.entries(PLUGINS).map(([name, phases]) => {
    const file = folder.write(`${name}.ts`, plugin(name, phases));
    return `  - { path: /${name}, service: all, upgrade: [websocket], plugins: { "${file}": {} } }`;
  });
  gateway = await startInProcess(
    `services: { all: { targets: ["${upstream.url}"] } }\nroutes:\n${routes.join("\n")}\n`,
  );
});
afterAll(async () => {
  await gateway.stop();
  upstream.stop();
  folder.remove();
});

/** What a request for an upgrade is answered; the target has switched, and must not be left alone with it. */
async function answerOn(path: string) {
  using client = await connect(gateway.port);
  const reply = await client.exchange(upgradeRequest("websocket", { path }));
  await upstream.waitForClosed();
  expect(gateway.edges[0]?.tunnels).toBe(0);
  return reply;
}

describe("a plugin", () => {
  test("may change the headers of a 101", async () => {
    using client = await connect(gateway.port);
    void client.send(upgradeRequest("websocket", { path: "/marks" }));
    expect(await client.readUntil("\r\n\r\n")).toContain("x-marked: yes\r\n");
    client.reset();
    await upstream.waitForClosed();
  });

  test("may answer otherwise after all: the target's connection is closed", async () => {
    const reply = await answerOn("/replaces");
    expect(reply.status).toBe(202);
  });

  test.each(["copies", "renumbers", "throws"])(
    "that %s a 101 is at fault: 500, and nothing is left open",
    async (name) => {
      expect(problemOf(await answerOn(`/${name}`))).toBe("500 internal");
    },
  );

  test("cannot make a 101 itself", async () => {
    expect(problemOf(await answerOn("/invents"))).toBe("500 internal");
  });

  test("that gives the request a body makes it a plain one", async () => {
    expect(problemOf(await answerOn("/fills"))).toBe("502 upstream_invalid");
    expect(upstream.requests.at(-1)?.raw).not.toMatch(/upgrade:/i);
  });
});
