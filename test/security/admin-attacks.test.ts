import { afterAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { startTestAdmin } from "../admin/setup.ts";
import { type GatewayProcess, startGateway } from "../support/gateway.ts";
import { connect, exchange } from "../support/raw.ts";
import { replies, response } from "../support/scripts.ts";
import { until } from "../support/until.ts";
import { startUpstream } from "../support/upstream.ts";
import { workersOf } from "../support/workers.ts";

setDefaultTimeout(90_000);

const TOKEN = "tUNq0vXw3Rk9sLd7";
const old = startUpstream(replies(response("old")));
const next = startUpstream(replies(response("new")));
afterAll(() => {
  old.stop();
  next.stop();
});

const YAML = `
listen: { host: 127.0.0.1, port: 0, workers: 2 }
alerts: { rules: [default] }
services: { old: { targets: ["${old.url}"] }, next: { targets: ["${next.url}"] } }
routes: [{ name: shop, path: /*, service: old, canary: { service: next, steps: [50%, 60%], every: 1h } }]
`;

/** What changes something, and takes a body. */
const TAKERS = [
  ["POST", "/api/canaries"],
  ["POST", "/api/drain"],
  ["DELETE", "/api/drain"],
  ["POST", "/api/alerts/silences"],
  ["POST", "/api/plan"],
] as const;

const unasked = () => {
  throw new Error("nobody comes so far");
};
/** An admin port in this process, of a gateway that does nothing. */
const startAlone = (token = "") =>
  startTestAdmin(
    {},
    {
      token,
      reloads: { report: unasked, reload: unasked, plan: unasked },
      alerts: { report: unasked, silence: unasked, endSilence: unasked },
    },
  );

async function isWell({ adminPort, port }: GatewayProcess): Promise<void> {
  expect((await fetch(`http://127.0.0.1:${adminPort}/health/ready`)).status).toBe(200);
  expect((await fetch(`http://127.0.0.1:${port}/`)).status).toBe(200);
}

function head(method: string, path: string, fields: readonly string[]): string {
  return [`${method} ${path} HTTP/1.1`, "Host: localhost", ...fields, "", ""].join("\r\n");
}

describe("bodies", () => {
  const deep = "[".repeat(400_000);
  const WRONG: readonly (readonly [what: string, body: string])[] = [
    ["none", ""],
    ["a text", '"x"'],
    ["a list", "[]"],
    ["half of one", '{"route":'],
    ["one that is deep", deep],
    ["one that is deep inside", `{"route":${deep}`],
    ["names of every object", '{"__proto__":{"route":"shop"},"constructor":{}}'],
    ["names that are long", JSON.stringify({ route: "x".repeat(900_000), service: "y", target: "z" })],
    ["keys that are long", JSON.stringify({ ["k".repeat(900_000)]: 1 })],
    ["many keys", JSON.stringify(Object.fromEntries(Array.from({ length: 50_000 }, (_, index) => [`k${index}`, 1])))],
    ["octets that are no text", "\xff\xfe\x00{"],
  ];

  test("that are wrong in any way are refused shortly, and nothing is harmed", async () => {
    await using admin = startAlone();
    for (const [method, path] of TAKERS) {
      for (const [what, body] of WRONG) {
        const answer = await fetch(`http://127.0.0.1:${admin.port}${path}`, { method, body });
        const text = await answer.text();
        expect([path, what, answer.status]).toEqual([path, what, 400]);
        expect(text.length).toBeLessThan(1_500);
      }
    }
    expect((await admin.get("/health/ready")).status).toBe(200);
    expect(admin.logs.filter((line) => line.includes('"level":"error"'))).toEqual([]);
  });

  test("that are larger than any are refused, and those that do not come hold up nobody", async () => {
    await using gateway = await startGateway(YAML);
    for (const [method, path] of [...TAKERS, ["DELETE", "/api/cache"], ["POST", "/api/plugins/x"]] as const) {
      const long = await exchange(gateway.adminPort, head(method, path, ["Content-Length: 1048577"]));
      expect([path, long.status]).toEqual([path, 413]);
      using client = await connect(gateway.adminPort);
      const chunk = `10000\r\n${"x".repeat(65_536)}\r\n`;
      void client.send(head(method, path, ["Transfer-Encoding: chunked"]) + chunk.repeat(17));
      expect([path, (await client.readResponse()).status]).toEqual([path, 413]);
    }
    const slow = await Promise.all(Array.from({ length: 100 }, () => connect(gateway.adminPort)));
    const half = `${head("POST", "/api/canaries", ["Content-Length: 50"])}{`;
    await Promise.all(slow.map((client) => client.send(half)));
    const body = JSON.stringify({ route: "shop", action: "pause" });
    const answer = await fetch(`http://127.0.0.1:${gateway.adminPort}/api/canaries`, { method: "POST", body });
    expect(answer.status).toBe(200);
    for (const client of slow) client.close();
    await isWell(gateway);
  });

  test("of strangers are not waited for, whatever is said of them", async () => {
    await using admin = startAlone(TOKEN);
    for (const [method, path] of TAKERS) {
      for (const field of ["Content-Length: 1048576", "Transfer-Encoding: chunked"]) {
        using client = await connect(admin.port);
        void client.send(`${head(method, path, [field])}${field.startsWith("T") ? "5\r\nhello\r\n" : "hello"}`);
        expect([path, field, (await client.readResponse()).status]).toEqual([path, field, 401]);
      }
    }
  });
});

describe("names of hosts", () => {
  test.each([
    "evil.example",
    "localhost.evil.example",
    "127.0.0.1.evil.example",
    "127.0.0.1.nip.io:9090",
    "0.0.0.0",
    "2130706433",
    "0x7f.1",
    "[::ffff:127.0.0.1]",
    "localhost.",
    "evil.example:80@localhost",
    "localhost#.evil.example",
  ])("%s is not this machine", async (host) => {
    await using admin = startAlone();
    for (const method of ["GET", "POST", "OPTIONS"]) {
      const text = `${method} /api/canaries HTTP/1.1\r\nHost: ${host}\r\nContent-Length: 0\r\n\r\n`;
      expect([400, 403]).toContain((await exchange(admin.port, text)).status);
    }
    const absolute = `GET http://${host}/api/config HTTP/1.1\r\nHost: localhost\r\n\r\n`;
    expect([400, 403]).toContain((await exchange(admin.port, absolute)).status);
    expect(
      ((await (await admin.get("/api/audit")).json()) as { readonly actions: readonly unknown[] }).actions,
    ).toEqual([]);
  });
});

describe("guesses", () => {
  test("that come at once are bounded together, whatever they say of where they are from", async () => {
    await using admin = startAlone(TOKEN);
    const guess = (index: number) =>
      exchange(
        admin.port,
        head("POST", "/api/canaries", [
          `Authorization: Bearer guess-${index}`,
          `X-Forwarded-For: 10.0.0.${index}`,
          `Forwarded: for=10.0.0.${index}`,
          `X-Real-IP: 10.0.0.${index}`,
          "Content-Length: 0",
        ]),
      );
    const statuses = (await Promise.all(Array.from({ length: 60 }, (_, index) => guess(index)))).map(
      ({ status }) => status,
    );
    // One more may be looked at in each six seconds.
    expect(statuses.filter((status) => status === 401).length).toBeLessThan(30);
    expect(new Set(statuses)).toEqual(new Set([401, 429]));
    expect((await fetch(`http://127.0.0.1:${admin.port}/health/live`)).status).toBe(200);
  });

  test.each([
    [`Authorization: Bearer ${TOKEN}x`],
    [`Authorization: Bearer ${TOKEN.slice(1)}`],
    [`Authorization: Basic ${TOKEN}`],
    [`Authorization: ${TOKEN}`],
    [`Authorization: Bearer ${TOKEN}, Bearer x`],
    [`Authorization: Bearer ${TOKEN.toLowerCase()}`],
    [`Cookie: token=${TOKEN}`],
    [`X-Authorization: Bearer ${TOKEN}`],
  ])("%s is none that counts", async (field) => {
    await using admin = startAlone(TOKEN);
    const asked = await exchange(admin.port, head("GET", `/api/config?token=${TOKEN}`, [field]));
    expect(asked.status).toBe(401);
    expect(admin.logs.join("\n")).not.toContain(TOKEN);
  });
});

test("orders that come while workers are killed are followed by all in the end, or refused", async () => {
  await using gateway = await startGateway(YAML);
  const statuses = new Set<number>();
  const order = async (action: string) => {
    const body = JSON.stringify({ route: "shop", action });
    const answer = await fetch(`http://127.0.0.1:${gateway.adminPort}/api/canaries`, { method: "POST", body });
    statuses.add(answer.status);
    return answer.status;
  };
  for (let round = 0; round < 3; round++) {
    for (const { pid } of await workersOf(gateway)) if (pid !== undefined) process.kill(pid, "SIGKILL");
    await Promise.all(["abort", "resume", "abort", "resume"].map(order));
    // Without a worker nothing is known: that is no 404.
    await until(async () => (await order("abort")) === 200, { timeout: 20_000 });
  }
  expect([...statuses].filter((status) => status !== 200 && status !== 503)).toEqual([]);
  const allServe = async () => (await workersOf(gateway)).every(({ state }) => state === "running");
  await until(allServe, { timeout: 20_000 });
  const before = next.requests.length;
  await Promise.all(
    Array.from({ length: 40 }, () => exchange(gateway.port, "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")),
  );
  expect(next.requests.length).toBe(before);
});
