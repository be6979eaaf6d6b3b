import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { type InProcessGateway, startInProcess } from "../support/in-process.ts";
import { connect, exchange, type RawClient } from "../support/raw.ts";
import { replies, response } from "../support/scripts.ts";
import { startUpstream, type Upstream } from "../support/upstream.ts";
import { describeEveryWay, listenEveryWay, portOf } from "../support/ways.ts";

const cleanup = new AsyncDisposableStack();
let gateway: InProcessGateway;
let old: Upstream;
let next: Upstream;

const NUMBER = /^split=([0-9a-f-]{36}); Path=\/; Max-Age=3600; HttpOnly; SameSite=Lax(; Secure)?$/;

beforeAll(async () => {
  old = cleanup.use(startUpstream(replies(response("old"))));
  next = cleanup.use(startUpstream(replies(response("next"))));
  const half = "weighted: [{ service: old, weight: 1 }, { service: next, weight: 1, variant: beta }]";
  const few = "weighted: [{ service: old, weight: 9 }, { service: next, weight: 1, variant: beta }]";
  const hidden = "weighted: [{ service: old, weight: 1 }, { service: next, weight: 0, variant: beta }]";
  gateway = cleanup.use(
    await startInProcess(`
${listenEveryWay()}
plugins: { access-log: {} }
services: { old: { targets: ["${old.url}"] }, next: { targets: ["${next.url}"] } }
routes:
  - { path: /cookie, ${half}, sticky: { cookie: split, max-age: 1h } }
  - { path: /few, ${few}, sticky: { cookie: split, max-age: 1h } }
  - { path: /header, ${half}, sticky: { hash-on: { header: x-user } } }
  - { path: /forced, ${hidden}, force: { header: x-variant } }
  - { path: /query, ${hidden}, force: { query: variant } }
  - path: /canary
    name: canary
    service: old
    canary: { service: next, steps: [50%, 100%], every: 10m, min-requests: 5 }
    force: { header: x-variant }
`),
  );
});
afterAll(() => cleanup.disposeAsync());

const get = (path: string, headers = "") => `GET ${path} HTTP/1.1\r\nHost: a\r\n${headers}\r\n`;
const ask = async (client: RawClient, path: string, headers = "") => {
  const reply = await client.exchange(get(path, headers));
  return { body: reply.body.toString(), cookie: reply.header("set-cookie") };
};

describeEveryWay("a client with a cookie of the gateway", (way) => {
  test("is given a number, and stays with its service", async () => {
    const port = portOf(way, gateway);
    const first = await way.exchange(port, get("/cookie"));
    const [, number = "", secure] = NUMBER.exec(first.header("set-cookie") ?? "") ?? [];
    expect(number).not.toBe("");
    expect(secure).toBe(way.scheme === "https" ? "; Secure" : undefined);
    for (let i = 0; i < 5; i++) {
      const again = await way.exchange(port, get("/cookie", `Cookie: a=b; split=${number}\r\n`));
      expect([again.body.toString(), again.header("set-cookie")]).toEqual([first.body.toString(), undefined]);
    }
  });
});

describe("a sticky split", () => {
  test("is shared out by weight among clients", async () => {
    using client = await connect(gateway.port);
    let count = 0;
    for (let i = 0; i < 500; i++) if ((await ask(client, "/few")).body === "next") count++;
    // 50 by the lot; five deviations of 6.7 to each side.
    expect(count).toBeGreaterThan(16);
    expect(count).toBeLessThan(84);
  });

  test("moves only those that it must when the weights change", async () => {
    using client = await connect(gateway.port);
    for (let i = 0; i < 40; i++) {
      const cookie = `Cookie: split=${crypto.randomUUID()}\r\n`;
      // Who is with the new version at a tenth is with it at a half.
      if ((await ask(client, "/few", cookie)).body === "next") {
        expect((await ask(client, "/cookie", cookie)).body).toBe("next");
      }
    }
  });

  test.each(["", "next", "beta", "x".repeat(4_000), "00000000-0000-0000-0000-00000000000G"])(
    "believes no number that is not its own: %p",
    async (value) => {
      using client = await connect(gateway.port);
      const { cookie } = await ask(client, "/cookie", `Cookie: split=${value}\r\n`);
      expect(cookie).toMatch(NUMBER);
    },
  );

  test("by a header keeps its users, without a cookie; who has none is drawn by lot", async () => {
    using client = await connect(gateway.port);
    const bodies = new Set<string>();
    for (let user = 0; user < 20; user++) {
      const seen = new Set<string>();
      for (let i = 0; i < 5; i++) {
        const { body, cookie } = await ask(client, "/header", `X-User: user ${user}\r\n`);
        expect(cookie).toBeUndefined();
        seen.add(body);
        bodies.add(body);
      }
      expect(seen.size).toBe(1);
    }
    expect(bodies).toEqual(new Set(["old", "next"]));
    for (const nothing of ["", "X-User:\r\n"]) {
      const drawn = new Set<string>();
      for (let i = 0; i < 40; i++) drawn.add((await ask(client, "/header", nothing)).body);
      expect(drawn).toEqual(bodies);
    }
  });
});

describe("a variant", () => {
  test("is had by naming it, also where its weight is 0", async () => {
    using client = await connect(gateway.port);
    for (let i = 0; i < 10; i++) expect((await ask(client, "/forced")).body).toBe("old");
    expect((await ask(client, "/forced", "X-Variant: beta\r\n")).body).toBe("next");
    expect((await ask(client, "/query?a=b&variant=beta")).body).toBe("next");
  });

  test.each(["next", "Beta", "beta, beta", "nobody", ""])("has one name, and %p is not it", async (name) => {
    using client = await connect(gateway.port);
    expect((await ask(client, "/forced", `X-Variant: ${name}\r\n`)).body).toBe("old");
  });

  test("is told in the log by its service", async () => {
    await exchange(gateway.port, get("/forced", "X-Variant: beta\r\nX-Request-Id: v\r\nConnection: close\r\n"));
    expect(
      (await gateway.waitForLog(({ fields }) => fields.path === "/forced" && fields.service === "next")).fields.status,
    ).toBe(200);
  });
});

test("a canary gets its share, then all, and nothing once it fails; who names it still gets it", async () => {
  using client = await connect(gateway.port);
  const share = async (count: number) => {
    let got = 0;
    for (let i = 0; i < count; i++) if ((await ask(client, "/canary")).body !== "old") got++;
    return got / count;
  };
  expect(Math.abs((await share(400)) - 0.5)).toBeLessThan(0.13);
  gateway.clock.advance(600_000);
  const isLogged = (message: string) =>
    gateway.waitForLog((line) => line.message === message && line.fields.route === "canary");
  expect((await isLogged("a canary gets more requests")).fields.share).toBe(1);
  expect(await share(20)).toBe(1);
  next.answer(replies(response("broken", { status: 500, reason: "Broken" })));
  for (let i = 0; i < 200; i++) await ask(client, "/canary");
  expect((await isLogged("a canary was stopped")).fields).toMatchObject({ service: "next" });
  expect(await share(20)).toBe(0);
  expect((await ask(client, "/canary", "X-Variant: next\r\n")).body).toBe("broken");
});
