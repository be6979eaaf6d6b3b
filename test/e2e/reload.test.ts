import { afterAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { mkdirSync, renameSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type GatewayProcess, startGateway } from "../support/gateway.ts";
import { connect } from "../support/raw.ts";
import { configReport, isRefused, isTakenOver, reload, rewrite, writeInSteps } from "../support/reload.ts";
import { runCli } from "../support/run-cli.ts";
import { replies, response } from "../support/scripts.ts";
import { tempFolder } from "../support/temp.ts";
import { until } from "../support/until.ts";
import { startUpstream } from "../support/upstream.ts";
import { adminJson, startLoad } from "../support/workers.ts";

setDefaultTimeout(60_000);

const up = startUpstream(replies(response("ok")));
afterAll(() => up.stop());

/** A service with these routes. */
function yaml(paths: readonly string[], more = ""): string {
  const routes = paths.map((path) => `  - { path: ${path}, service: s }\n`).join("");
  return `${more}services: { s: { targets: ["${up.url}"] } }\nroutes:\n${routes}`;
}

async function status({ port }: GatewayProcess, path: string): Promise<number> {
  using client = await connect(port);
  return (await client.exchange(`GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`)).status;
}

async function metric({ adminPort }: GatewayProcess, series: string): Promise<number> {
  const text = await (await fetch(`http://127.0.0.1:${adminPort}/metrics`)).text();
  return Number(
    text
      .split("\n")
      .find((line) => line.startsWith(`${series} `))
      ?.split(" ")[1],
  );
}

describe("a changed file", () => {
  test("is taken over by itself", async () => {
    await using gateway = await startGateway(yaml(["/a"]));
    const loadedAt = await metric(gateway, "sluice_config_loaded_timestamp_seconds");
    expect(await status(gateway, "/b")).toBe(404);
    await rewrite(gateway, yaml(["/a", "/b"]));
    const line = await gateway.waitForLog(isTakenOver);
    expect(line).toMatchObject({ by: "file", added: ["route /b"] });
    expect(await status(gateway, "/b")).toBe(200);
    expect(await metric(gateway, 'sluice_reloads_total{result="applied"}')).toBe(1);
    expect(await metric(gateway, "sluice_config_loaded_timestamp_seconds")).toBeGreaterThan(loadedAt);
  });

  test("that is written in several steps is read when it is whole", async () => {
    const whole = `listen: { host: 127.0.0.1, port: 0 }\nadmin: { host: 127.0.0.1, port: 0 }\n${yaml(["/a", "/b"])}`;
    // Who pauses for 100 ms has written it, as far as anyone can tell: a busy machine's pause is a try that does not count.
    await until(
      async () => {
        await using gateway = await startGateway(yaml(["/a"]));
        const longest = await writeInSteps(gateway.configFile, whole);
        await gateway.waitForLog((line) => isTakenOver(line) || isRefused(line));
        if (longest > 80) return false;
        expect(gateway.logs.filter(isRefused)).toEqual([]);
        expect(await status(gateway, "/a")).toBe(200);
        expect(await status(gateway, "/b")).toBe(200);
        return true;
      },
      { what: "it is written without a pause" },
    );
  });

  test("that is empty, or away, or has the same text changes nothing", async () => {
    await using gateway = await startGateway(yaml(["/a"]));
    const text = await Bun.file(gateway.configFile).text();
    const away = `${gateway.configFile}.away`;
    writeFileSync(gateway.configFile, "");
    // It is looked at once a second at least: another file's change, seen later, tells that it was passed over.
    await Bun.sleep(1_300);
    renameSync(gateway.configFile, away);
    await Bun.sleep(1_300);
    writeFileSync(gateway.configFile, text);
    await rewrite(gateway, yaml(["/a", "/b"]));
    const { added, removed } = await gateway.waitForLog(isTakenOver);
    expect({ added, removed }).toEqual({ added: ["route /b"], removed: undefined });
    expect(gateway.logs.filter((line) => isTakenOver(line) || isRefused(line))).toHaveLength(1);
  });

  test("that is included, that comes to match a pattern, or has a secret, counts too", async () => {
    using folder = tempFolder();
    mkdirSync(join(folder.path, "teams"));
    const secret = folder.write("prefix.txt", "/v1\n");
    folder.write("teams/a.yaml", `routes: [{ path: /a, service: s, add-prefix: "\${file:${secret}}" }]\n`);
    await using gateway = await startGateway(yaml([], 'include: ["teams/*.yaml"]\n').replace("routes:\n", ""), {
      folder: folder.path,
    });
    const taken = (count: number) => until(() => gateway.logs.filter(isTakenOver).length === count);
    folder.write("teams/b.yaml", "routes: [{ path: /b, service: s }]\n");
    await taken(1);
    expect(await status(gateway, "/b")).toBe(200);
    folder.write("teams/b.yaml", "routes: [{ path: /c, service: s }]\n");
    await taken(2);
    expect(await status(gateway, "/c")).toBe(200);
    folder.write("prefix.txt", "/v2\n");
    await taken(3);
    expect(await status(gateway, "/a")).toBe(200);
    expect(up.requests.at(-1)?.target).toBe("/v2/a");
  });

  test("of a ConfigMap is taken over when Kubernetes swaps its folder", async () => {
    using folder = tempFolder();
    const { path } = folder;
    const version = (name: string, text: string) => {
      folder.write(`${name}/gateway.yaml`, text);
      symlinkSync(name, join(path, "..new"));
      renameSync(join(path, "..new"), join(path, "..data"));
    };
    version("..1", "");
    symlinkSync("..data/gateway.yaml", join(path, "gateway.yaml"));
    await using gateway = await startGateway(yaml(["/a"]), { folder: path });
    const text = await Bun.file(gateway.configFile).text();
    expect(await status(gateway, "/b")).toBe(404);
    version("..2", text.replace("/a", "/b"));
    await gateway.waitForLog(isTakenOver);
    expect(await status(gateway, "/b")).toBe(200);
    version("..3", text.replace("/a", "/c"));
    await until(() => gateway.logs.filter(isTakenOver).length === 2);
    expect(await status(gateway, "/c")).toBe(200);
  });

  test("of a ConfigMap that a pattern matches is, too", async () => {
    using folder = tempFolder();
    const teams = join(folder.path, "teams");
    const version = (name: string, text: string) => {
      folder.write(`teams/${name}/a.yaml`, text);
      symlinkSync(name, join(teams, "..new"));
      renameSync(join(teams, "..new"), join(teams, "..data"));
    };
    version("..1", "routes: [{ path: /a, service: s }]\n");
    symlinkSync("..data/a.yaml", join(teams, "a.yaml"));
    const main = yaml([], 'include: ["teams/*.yaml"]\n').replace("routes:\n", "");
    await using gateway = await startGateway(main, { folder: folder.path });
    expect(await status(gateway, "/a")).toBe(200);
    version("..2", "routes: [{ path: /b, service: s }]\n");
    await gateway.waitForLog(isTakenOver);
    expect(await status(gateway, "/b")).toBe(200);
  });

  test("waits for a signal with reload: manual", async () => {
    await using gateway = await startGateway(yaml(["/a"], "reload: manual\n"));
    await rewrite(gateway, yaml(["/a", "/b"], "reload: manual\n"));
    await Bun.sleep(1_300);
    expect(gateway.logs.filter(isTakenOver)).toEqual([]);
    gateway.signal("SIGHUP");
    expect(await gateway.waitForLog(isTakenOver)).toMatchObject({ by: "signal" });
    await rewrite(gateway, yaml(["/c"]));
    expect(await reload(gateway)).toMatchObject({ status: 200, result: "applied", by: "admin" });
    // From now on the file is watched.
    await rewrite(gateway, yaml(["/d"]));
    await gateway.waitForLog((line) => isTakenOver(line) && line.by === "file");
    expect(await status(gateway, "/d")).toBe(200);
  });
});

describe("a bad file", () => {
  test("changes nothing under load, and says why: in the log, the metrics, /api/config and the answer", async () => {
    await using gateway = await startGateway(yaml(["/*"]));
    const load = startLoad([gateway.port], 4);
    await rewrite(gateway, yaml(["/*"]).replace("service: s", "service: t"));
    await gateway.waitForLog(isRefused);
    const problem = await gateway.waitForLog(({ msg }) => msg === "a problem in the configuration");
    expect(problem).toMatchObject({ level: "error", path: "routes[0].service" });
    expect(problem.place).toMatch(/gateway\.yaml:5:\d+$/);
    const answered = await reload(gateway);
    expect(answered).toMatchObject({
      status: 422,
      result: "failed",
      problems: [{ line: 5, path: "routes[0].service" }],
    });
    expect(await metric(gateway, 'sluice_reloads_total{result="failed"}')).toBe(2);
    const report = await configReport(gateway);
    expect(report.configuration.routes).toEqual([{ path: "/*", service: "s" }]);
    expect(report.lastFailure?.problems).toEqual(answered.problems);
    const before = load.answered;
    await until(() => load.answered > before + 20);
    await load.stop();
    expect(load.failures).toEqual([]);
    await rewrite(gateway, yaml(["/*", "/x"]));
    await gateway.waitForLog(isTakenOver);
  });

  test("that a plugin refuses when it is set up changes nothing, and the place is told", async () => {
    await using gateway = await startGateway(yaml(["/*"]));
    const bad = "plugins: { concurrency-limit: { limit: 1, key: ip, lease: 10ms } }\n";
    await rewrite(gateway, yaml(["/*"], bad));
    expect((await reload(gateway)).problems).toMatchObject([{ line: 3, path: "plugins.concurrency-limit.lease" }]);
    expect(await status(gateway, "/a")).toBe(200);
  });
});

test("a route that is gone is 404 from then on, and what was under way on it ends well", async () => {
  const finish = Promise.withResolvers<void>();
  using slow = startUpstream(async (_, connection) => {
    await finish.promise;
    await connection.send(response("late"));
  });
  const both = yaml(["/*"]).replace("services: {", `services: { slow: { targets: ["${slow.url}"] },`);
  await using gateway = await startGateway(`${both}  - { path: /slow, service: slow }\n`);
  const load = startLoad([gateway.port], 4);
  const pending = status(gateway, "/slow");
  await slow.waitForRequests(1);
  await rewrite(gateway, yaml(["/", "/b"]));
  await gateway.waitForLog(isTakenOver);
  expect(await status(gateway, "/slow")).toBe(404);
  finish.resolve();
  expect(await pending).toBe(200);
  await slow.waitForClosed();
  await load.stop();
  expect(load.failures).toEqual([]);
});

test("what only a start reads is told, and all else is taken over", async () => {
  await using gateway = await startGateway(yaml(["/a"]));
  const text = yaml(
    ["/b"],
    "redis: { key-prefix: 'x:' }\nlisten: { host: 127.0.0.1, port: 0, http2: true }\nadmin: { host: 127.0.0.1, port: 0 }\n",
  );
  await Bun.write(gateway.configFile, text);
  await gateway.waitForLog(isTakenOver);
  const sections = ["redis", "listen.http2"];
  expect(await gateway.waitForLog(({ msg }) => String(msg).includes("waits for a restart"))).toMatchObject({
    sections,
  });
  expect((await configReport(gateway)).needsRestart).toEqual(sections);
  expect(await status(gateway, "/b")).toBe(200);
  await Bun.write(
    gateway.configFile,
    yaml(["/b"], "listen: { host: 127.0.0.1, port: 0 }\nadmin: { host: 127.0.0.1, port: 0 }\n"),
  );
  expect((await reload(gateway)).needsRestart).toEqual([]);
});

test("/api/config shows what is written, where it is written, and no secret", async () => {
  const hash = await Bun.password.hash("hush", { algorithm: "bcrypt", cost: 4 });
  const env = { UP: up.url, TOKEN: "hush-1", DEEP: "hush-2" };
  const text = `plugins:
  jwt: { secret: "hush-3-hush-3-hush-3-hush-3-hush-3", algorithms: [HS256], optional: true }
  headers: { request: { set: { authorization: "Bearer hush-4", x-deep: "\${DEEP}" } } }
  basic-auth: { users: { ann: "\${PASS:-${hash}}" }, optional: true }
services:
  s: { targets: ["\${UP}"] }
routes:
  - { path: /a, service: s }
`;
  await using gateway = await startGateway(text, { env });
  const report = await configReport(gateway);
  expect(JSON.stringify(report)).not.toContain("hush");
  expect(JSON.stringify(report)).not.toContain(hash);
  expect(report.configuration).toMatchObject({
    plugins: {
      jwt: { secret: "[redacted]", algorithms: ["HS256"], optional: true },
      headers: { request: { set: { authorization: "[redacted]", "x-deep": `\${DEEP}` } } },
      "basic-auth": { users: { ann: "[redacted]" } },
    },
    services: { s: { targets: [`\${UP}`] } },
    routes: [{ path: "/a", service: "s" }],
  });
  expect(report.places).toMatchObject({
    "services.s": expect.stringMatching(/gateway\.yaml:8$/),
    "routes[0]": expect.stringMatching(/gateway\.yaml:10$/),
  });
  expect(report.files).toEqual([gateway.configFile]);
});

describe("gateway plan", () => {
  test("says what a file would change, without a value, and changes nothing", async () => {
    await using gateway = await startGateway(yaml(["/a", "/b"], "plugins: { request-id: {} }\n"));
    const admin = `admin: { host: 127.0.0.1, port: ${gateway.adminPort} }\nlisten: { host: 127.0.0.1, port: 0 }\n`;
    const next = join(gateway.folder, "next.yaml");
    const text = yaml(["/a", "/c"], "plugins: { access-log: {} }\n").replace("] }", "], balance: random }");
    await Bun.write(next, admin + text);
    const { code, out, err } = await runCli(gateway.folder, "plan", "--config", "next.yaml");
    expect({ code, err }).toEqual({ code: 0, err: "" });
    expect(out).toBe(`- plugin request-id
- route /b
~ gateway  admin
+ plugin access-log
~ service s  balance
+ route /c
only a restart changes admin
`);
    expect((await adminJson<{ routes: readonly object[] }>(gateway, "/api/routes")).routes).toHaveLength(2);
    const json = await runCli(gateway.folder, "plan", "--config", "next.yaml", "--json");
    expect(JSON.parse(json.out)).toMatchObject({ needsRestart: ["admin"] });
    await Bun.write(next, `${admin}services: 5\n`);
    const bad = await runCli(gateway.folder, "plan", "--config=next.yaml");
    expect(bad.code).toBe(1);
    expect(bad.err).toContain("next.yaml:3:11");
    expect((await runCli(gateway.folder, "plan", "x")).code).toBe(2);
  });
});
