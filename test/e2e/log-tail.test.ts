import { afterAll, expect, setDefaultTimeout, test } from "bun:test";
import { join } from "node:path";
import { readEvents } from "../support/events.ts";
import { type GatewayProcess, startGateway } from "../support/gateway.ts";
import { exchange } from "../support/raw.ts";
import { replies } from "../support/scripts.ts";
import { tempFolder } from "../support/temp.ts";
import { until } from "../support/until.ts";
import { startUpstream } from "../support/upstream.ts";

const MAIN = join(import.meta.dir, "../../src/main.ts");
setDefaultTimeout(60_000);

const upstream = startUpstream(replies());
afterAll(() => upstream.stop());

const yaml = (workers: number, log = "") => `listen: { host: 127.0.0.1, port: 0, workers: ${workers} }
${log}
plugins: { access-log: { request-headers: [authorization] } }
services: { s: { targets: ["${upstream.url}"] } }
routes: [{ name: users, path: /users/*, service: s }, { name: other, path: /other, service: s }]
`;

const ask = ({ port }: GatewayProcess, path: string) =>
  exchange(port, `GET ${path} HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer s3cret\r\n\r\n`);
const logOf = ({ adminPort }: GatewayProcess, query = "") =>
  readEvents(`http://127.0.0.1:${adminPort}/api/log${query}`);

test("one process tells its log, secrets hidden, and ends the stream when it stops", async () => {
  await using gateway = await startGateway(yaml(1));
  await ask(gateway, "/users/7");
  await using reader = await logOf(gateway, "?route=users");
  await reader.waitFor(({ data }) => data.includes("/users/7"));
  await ask(gateway, "/other");
  await ask(gateway, "/users/8");
  await reader.waitFor(({ data }) => data.includes("/users/8"));
  expect(reader.lines.map(({ path }) => path)).toEqual(["/users/7", "/users/8"]);
  expect(reader.lines[0]).toMatchObject({
    msg: "request",
    plugin: "access-log",
    requestHeaders: { authorization: "[redacted]" },
  });
  expect(JSON.stringify(reader.events)).not.toContain("s3cret");
  const stopped = gateway.stop();
  await until(() => reader.isEnded, { what: "the stream is ended, not cut" });
  expect(await stopped).toBe(0);
});

test("the parent tells what all workers log, and what is about them", async () => {
  await using gateway = await startGateway(yaml(2));
  await using all = await logOf(gateway);
  await using ofSecond = await logOf(gateway, "?worker=2");
  await until(async () => {
    await ask(gateway, "/users/1");
    return new Set(all.lines.map(({ worker }) => worker)).size === 3;
  });
  expect(all.lines.some(({ msg, worker }) => msg === "admin listening" && worker === undefined)).toBeTrue();
  expect(ofSecond.lines.length).toBeGreaterThan(0);
  expect(ofSecond.lines.every(({ worker }) => worker === 2)).toBeTrue();
});

test.each([1, 2])("a log for people is told as JSON all the same, of %d processes", async (workers) => {
  // `startGateway` reads JSON lines, so that a log for people is asked for when it runs.
  const gateway = await startPretty(workers);
  await using reader = await readEvents(`http://127.0.0.1:${gateway.adminPort}/api/log`);
  await exchange(gateway.port, "GET /users/9 HTTP/1.1\r\nHost: a\r\n\r\n");
  await reader.waitFor(({ data }) => data.includes("/users/9"));
  expect(reader.lines.at(-1)).toMatchObject({ level: "info", msg: "request", path: "/users/9" });
  await gateway.stop();
  expect(gateway.text()).toMatch(/\d\d:\d\d:\d\d\.\d{3} INFO +request .*path=\/users\/9/);
  expect(gateway.text()).not.toContain('{"time"');
});

async function startPretty(workers: number) {
  const folder = tempFolder();
  const file = folder.write("gateway.yaml", `admin: { port: 0 }\n${yaml(workers, "log: { format: pretty }")}`);
  const child = Bun.spawn(["bun", MAIN, "start", "--config", file], { stdout: "pipe", stderr: "inherit" });
  let written = "";
  const reading = (async () => {
    for await (const chunk of child.stdout) written += Buffer.from(chunk).toString();
  })();
  const text = () => Bun.stripANSI(written);
  const portOf = (msg: string) => Number(new RegExp(`INFO +${msg} .*port=(\\d+)`).exec(text())?.[1] ?? 0);
  await until(() => portOf("admin listening") > 0 && portOf("listening") > 0, { timeout: 15_000, what: text });
  return {
    port: portOf("listening"),
    adminPort: portOf("admin listening"),
    text,
    stop: async () => {
      child.kill();
      await child.exited;
      await reading;
      folder.remove();
    },
  };
}
