import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { execPath } from "node:process";
import { createCatalog } from "../../examples/shop/catalog.ts";
import { createOrders } from "../../examples/shop/orders.ts";
import { startService } from "../../examples/shop/serve.ts";
import { createUsers } from "../../examples/shop/users.ts";
import { currentToken, RSA } from "../plugins/jwt/tokens.ts";
import { type Collector, startCollector } from "../support/otlp/collector.ts";
import { replies } from "../support/scripts.ts";
import { type TempFolder, tempFolder } from "../support/temp.ts";
import { until } from "../support/until.ts";
import { startUpstream, type Upstream } from "../support/upstream.ts";
import { PROJECT } from "./files.ts";

let folder: TempFolder;
let binary: string;
let upstream: Upstream;
let collector: Collector;

/** Nothing of the machine's: no Bun in the path either. */
const env = { PATH: "/nowhere", HOME: "/nowhere" };

beforeAll(() => {
  folder = tempFolder();
  binary = folder.file("bin/sluice");
  upstream = startUpstream(replies());
  collector = startCollector();
  const built = Bun.spawnSync([execPath, join(PROJECT, "deploy/binary.ts"), binary], { cwd: folder.path });
  if (built.exitCode !== 0) throw new Error(built.stderr.toString());
}, 120_000);
afterAll(async () => {
  upstream.stop();
  await collector.stop();
  folder.remove();
});

function run(...args: readonly string[]) {
  const { exitCode, stdout, stderr } = Bun.spawnSync([binary, ...args], { cwd: folder.path, env });
  return { exitCode, out: stdout.toString(), err: stderr.toString() };
}

const OWN_PLUGIN = `import { definePlugin, Reply, Type } from "sluice/plugin";
export default definePlugin({
  name: "mine", description: "Answers.", options: Type.Object({ word: Type.String() }), answers: true,
  setup: ({ word }) => ({ cache: () => () => Reply.text(200, word) }),
});
`;

function writeConfig(workers: number): void {
  folder.write("jwt.pem", RSA.pem);
  folder.write("own/mine.ts", OWN_PLUGIN);
  // What Bun would read by itself: it must not.
  folder.write(".env", "WORD=wrong\n");
  folder.write("bunfig.toml", 'preload = ["./not-there.ts"]\n');
  folder.write(
    "gateway.yaml",
    `listen: { host: 127.0.0.1, port: 0, workers: ${workers} }
admin: { port: 0 }
telemetry: { otlp: "${collector.url}", sampling: 100%, interval: 1h }
plugins: { request-id: {}, compression: {} }
services: { all: { targets: ["${upstream.url}"] } }
routes:
  - { path: /open, service: all }
  - { path: /jwt, service: all, plugins: { jwt: { public-key: jwt.pem }, rate-limit: { limit: 100/m } } }
  - { path: /mine, plugins: { ./own/mine.ts: { word: "\${WORD:-right}" } } }
`,
  );
}

/** What it logs when it has begun to listen, and to an admin's questions. */
async function started(child: Bun.Subprocess<"ignore", "pipe", "pipe">) {
  let log = "";
  void (async () => {
    for await (const chunk of child.stdout) log += Buffer.from(chunk).toString();
  })();
  const portOf = (message: string) => new RegExp(`"msg":"${message}".*?"port":(\\d+)`).exec(log)?.[1];
  await until(() => portOf("admin listening") !== undefined && portOf("listening") !== undefined, {
    timeout: 30_000,
    what: () => `it listens: ${log}`,
  });
  return { url: `http://127.0.0.1:${portOf("listening")}`, admin: `http://127.0.0.1:${portOf("admin listening")}` };
}

describe("the gateway in one file", () => {
  test("has all plugins in it: its schema is the one that is committed", () => {
    const { exitCode, out, err } = run("schema");
    expect({ exitCode, err }).toEqual({ exitCode: 0, err: "" });
    expect(out).toBe(readFileSync(join(PROJECT, "gateway.schema.json"), "utf8"));
  });

  test("checks, explains, and says that it is not ready while it does not run", () => {
    writeConfig(1);
    expect(run("check")).toMatchObject({ exitCode: 0, err: "" });
    expect(run("explain", "GET", "/jwt").out).toContain("refused 401, route /jwt");
    expect(run("ready")).toMatchObject({ exitCode: 1, err: expect.stringContaining("does not answer") });
  });

  test.each([1, 2])(
    "serves with %p processes: a service, keys from a file, a plugin of one's own, the dashboard, traces",
    async (workers) => {
      writeConfig(workers);
      const child = Bun.spawn([binary, "start"], {
        cwd: folder.path,
        env,
        stdin: "ignore",
        stdout: "pipe",
        stderr: "pipe",
      });
      try {
        const { url, admin } = await started(child);
        const ask = async (path: string, token?: string) => {
          const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
          const reply = await fetch(url + path, { headers });
          return `${reply.status} ${reply.ok ? await reply.text() : ""}`;
        };
        expect(await ask("/open")).toBe("200 ok");
        expect(await ask("/jwt")).toBe("401 ");
        expect(await ask("/jwt", currentToken())).toBe("200 ok");
        expect(await ask("/mine")).toBe("200 right");
        const status = async () => ((await (await fetch(`${admin}/health/ready`)).json()) as { status: string }).status;
        await until(async () => (await status()) === "ready");
        const page = await (await fetch(`${admin}/`)).text();
        const code = await fetch(`${admin}${/src="(\/dashboard\/app\.[^"]+)"/.exec(page)?.[1]}`);
        expect(code.headers.get("content-type")).toBe("text/javascript; charset=utf-8");
        expect((await code.text()).length).toBeGreaterThan(50_000);
      } finally {
        child.kill("SIGTERM");
        expect(await child.exited).toBe(0);
      }
      expect(collector.spans.map(({ name }) => name)).toContain("GET /mine");
    },
    120_000,
  );

  test("serves the demo shop: its services, their one document, and the page with its script", async () => {
    const shop = [createUsers(), createCatalog(), createOrders()].map((app) => startService(app, 0));
    const [users, catalog, orders] = shop.map(({ url }) => url);
    const variables = { USERS_URL: users, CATALOG_URL: catalog, ORDERS_URL: orders, PORT: "0", ADMIN_PORT: "0" };
    const child = Bun.spawn([binary, "start", "--config", join(PROJECT, "gateway.yaml")], {
      cwd: folder.path,
      env: { ...env, ...variables },
      stdin: "ignore",
      stdout: "pipe",
      stderr: "pipe",
    });
    try {
      const { url } = await started(child);
      expect((await fetch(`${url}/api/users`)).status).toBe(200);
      expect((await fetch(`${url}/api/private/orders`)).status).toBe(401);
      const paths = await until(async () => {
        const { paths = {} } = (await (await fetch(`${url}/openapi.json`)).json()) as { paths?: object };
        const all = Object.keys(paths);
        return (
          ["users", "catalog", "orders"].every((name) => all.some((path) => path.startsWith(`/api/${name}`))) && all
        );
      });
      expect(paths.length).toBeGreaterThan(3);
      const page = await (await fetch(`${url}/docs`)).text();
      const [, script = ""] = /<script[^>]* src="([^"]+)"/.exec(page) ?? [];
      expect(script).toStartWith("/docs/");
      const code = await fetch(url + script);
      expect([code.status, (await code.text()).length > 100_000]).toEqual([200, true]);
    } finally {
      child.kill("SIGTERM");
      expect(await child.exited).toBe(0);
      await Promise.all(shop.map((service) => service.stop()));
    }
  }, 120_000);
});
