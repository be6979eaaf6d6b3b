import { afterAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type GatewayProcess, startGateway } from "../support/gateway.ts";
import { connect } from "../support/raw.ts";
import { configReport, isRefused, isTakenOver, reload, rewrite } from "../support/reload.ts";
import { replies, response } from "../support/scripts.ts";
import { tempFolder } from "../support/temp.ts";
import { until } from "../support/until.ts";
import { startUpstream } from "../support/upstream.ts";
import { adminJson, startLoad } from "../support/workers.ts";

setDefaultTimeout(60_000);

const up = startUpstream(replies(response("ok")));
afterAll(() => up.stop());

function yaml(paths: readonly string[], more = ""): string {
  const routes = paths.map((path) => `  - { path: ${path}, service: s }\n`).join("");
  return `${more}services: { s: { targets: ["${up.url}"] } }\nroutes:\n${routes}`;
}

async function status({ port }: GatewayProcess, path: string): Promise<number> {
  using client = await connect(port);
  return (await client.exchange(`GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`)).status;
}

const taken = (gateway: GatewayProcess, count: number) =>
  until(() => gateway.logs.filter(isTakenOver).length >= count, { timeout: 15_000, what: "it was taken over" });

/** A plugin that waits in its setup, or in its close, as long as there is such a file; "never" is for good. */
const STUBBORN = `import { existsSync } from "node:fs";
import { definePlugin, Type } from "sluice/plugin";
const wait = async (file) => {
  while (file === "never" || existsSync(file)) await Bun.sleep(5);
};
export default definePlugin({
  name: "stubborn",
  description: "Waits.",
  options: Type.Object({ setup: Type.Optional(Type.String()), close: Type.Optional(Type.String()) }),
  async setup({ setup, close }, { log }) {
    log.info("setting up");
    if (setup !== undefined) await wait(setup);
    return {
      close: async () => {
        if (close === "throw") throw new Error("it will not close");
        if (close !== undefined) await wait(close);
      },
    };
  },
});
`;

describe("a file", () => {
  test("that becomes a folder, and one again, is refused and taken; requests go on", async () => {
    await using gateway = await startGateway(yaml(["/a"]));
    const text = await Bun.file(gateway.configFile).text();
    rmSync(gateway.configFile);
    mkdirSync(gateway.configFile);
    await gateway.waitForLog(isRefused);
    expect(await status(gateway, "/a")).toBe(200);
    const lastFailure = (await configReport(gateway)).lastFailure;
    expect(JSON.stringify(lastFailure?.problems)).toContain("gateway.yaml");
    rmSync(gateway.configFile, { recursive: true });
    writeFileSync(gateway.configFile, text.replace("/a", "/b"));
    await taken(gateway, 1);
    expect(await status(gateway, "/b")).toBe(200);
  });

  test("that is included and goes, or is cut in its middle, changes nothing until it is whole again", async () => {
    using folder = tempFolder();
    folder.write("teams/a.yaml", "routes: [{ path: /a, service: s }]\n");
    const text = yaml([], "include: [teams/a.yaml]\n").replace("routes:\n", "");
    await using gateway = await startGateway(text, { folder: folder.path });
    rmSync(join(folder.path, "teams"), { recursive: true });
    await gateway.waitForLog(isRefused);
    expect(await status(gateway, "/a")).toBe(200);
    folder.write("teams/a.yaml", "routes: [{ path: /a, service: s }, { path: /b,");
    await until(() => gateway.logs.filter(isRefused).length === 2);
    expect(await status(gateway, "/a")).toBe(200);
    folder.write("teams/a.yaml", "routes: [{ path: /a, service: s }, { path: /b, service: s }]\n");
    await taken(gateway, 1);
    expect(await status(gateway, "/b")).toBe(200);
  });

  test("behind a link that is swapped many times ends at the last, and no version is a mixture", async () => {
    using folder = tempFolder();
    const main = (n: number) => `listen: { host: 127.0.0.1, port: 0 }
admin: { host: 127.0.0.1, port: 0 }
include: [team.yaml]
services: { v${n}: { targets: ["${up.url}"] } }
`;
    const swap = (n: number) => {
      folder.write(`..${n}/gateway.yaml`, main(n));
      folder.write(`..${n}/team.yaml`, `routes: [{ path: /v${n}, service: v${n} }]\n`);
      symlinkSync(`..${n}`, join(folder.path, "..new"));
      renameSync(join(folder.path, "..new"), join(folder.path, "..data"));
    };
    swap(0);
    for (const name of ["gateway.yaml", "team.yaml"]) symlinkSync(`..data/${name}`, join(folder.path, name));
    // The text is written through the link, into the first version.
    await using gateway = await startGateway(main(0), { folder: folder.path });
    for (let n = 1; n <= 60; n++) {
      swap(n);
      await Bun.sleep(n % 9);
    }
    await until(async () => (await status(gateway, "/v60")) === 200, { timeout: 15_000, what: "the last one serves" });
    expect(gateway.logs.filter(isRefused)).toEqual([]);
  });

  test("with a variable that is not set is refused, and says which", async () => {
    await using gateway = await startGateway(yaml(["/a"]));
    await rewrite(gateway, yaml(["/a", "/b"], `log: { redact: ["\${NOT_SET_ANYWHERE}"] }\n`));
    await gateway.waitForLog(isRefused);
    const problem = await gateway.waitForLog(({ msg }) => msg === "a problem in the configuration");
    expect(JSON.stringify(problem)).toContain("NOT_SET_ANYWHERE");
    expect([await status(gateway, "/a"), await status(gateway, "/b")]).toEqual([200, 404]);
  });
});

describe("signals", () => {
  test("in a storm, with a load and a file that changes, cost no request, and the last text counts", async () => {
    await using gateway = await startGateway(yaml(["/*"]));
    const load = startLoad([gateway.port], 4);
    for (let n = 1; n <= 300; n++) {
      if (n % 10 === 0) await rewrite(gateway, yaml(["/*", `/n${n}`]));
      gateway.signal("SIGHUP");
      if (n % 3 === 0) await Bun.sleep(1);
    }
    const paths = async () => {
      const { routes } = await adminJson<{ routes: readonly { path: string }[] }>(gateway, "/api/routes");
      return routes.map(({ path }) => path);
    };
    await until(async () => (await paths()).includes("/n300"));
    const answered = load.answered;
    await until(() => load.answered > answered + 50);
    await load.stop();
    expect(load.failures).toEqual([]);
    // Those that come while one attempt waits are one attempt.
    expect(gateway.logs.filter(isTakenOver).length).toBeLessThan(300);
    expect(gateway.logs.filter(isRefused)).toEqual([]);
    expect(await gateway.stop()).toBe(0);
  });

  test.each([1, 2])("to reload and to stop at once end it with code 0, with %d workers", async (workers) => {
    const text = yaml(["/*"], `listen: { host: 127.0.0.1, port: 0, workers: ${workers} }\n`);
    for (const pause of [0, 5, 20]) {
      await using gateway = await startGateway(text);
      const load = startLoad([gateway.port], 4);
      await until(() => load.answered > 20);
      await Bun.write(gateway.configFile, (await Bun.file(gateway.configFile).text()).replace("/*", "/x"));
      gateway.signal("SIGHUP");
      await Bun.sleep(pause);
      gateway.signal("SIGTERM");
      expect(await gateway.exited).toBe(0);
      await load.stop();
      // The route may have gone before the stop: that is what the file says. Of workers, one may close the port just as a client
      // that another has let go comes to it.
      const failures = load.failures.filter((failure) => failure !== "status 404");
      expect(failures.filter((failure) => workers === 1 || failure.startsWith("status"))).toEqual([]);
      expect(gateway.stderr).toBe("");
    }
  });
});

describe("a plugin", () => {
  const plugins = (options: string) => `plugins: { ./stubborn.ts: ${options} }\nreload: manual\n`;

  test.each([1, 2])("that is never set up holds up no stop, with %d workers", async (workers) => {
    using folder = tempFolder();
    folder.write("stubborn.ts", STUBBORN);
    const listen = `listen: { host: 127.0.0.1, port: 0, workers: ${workers} }\n`;
    await using gateway = await startGateway(yaml(["/*"], listen), { folder: folder.path });
    await Bun.write(
      gateway.configFile,
      `admin: { host: 127.0.0.1, port: 0 }\n${yaml(["/*"], plugins("{ setup: never }"))}${listen}`,
    );
    gateway.signal("SIGHUP");
    if (workers === 1) await gateway.waitForLog(({ msg }) => msg === "setting up");
    expect(await status(gateway, "/")).toBe(200);
    const stopped = performance.now();
    expect(await gateway.stop()).toBe(0);
    expect(performance.now() - stopped).toBeLessThan(15_000);
  });

  test("that takes its time delays its reload alone: a later one is taken over after it", async () => {
    using folder = tempFolder();
    folder.write("stubborn.ts", STUBBORN);
    const file = folder.write("wait", "");
    await using gateway = await startGateway(yaml(["/a"], "reload: manual\n"), { folder: folder.path });
    await rewrite(gateway, yaml(["/b"], plugins(`{ setup: ${JSON.stringify(file)} }`)));
    const first = reload(gateway);
    await gateway.waitForLog(({ msg }) => msg === "setting up");
    await rewrite(gateway, yaml(["/c"], "reload: manual\n"));
    const second = reload(gateway);
    expect([await status(gateway, "/a"), await status(gateway, "/c")]).toEqual([200, 404]);
    rmSync(file);
    expect([(await first).result, (await second).result]).toEqual(["applied", "applied"]);
    expect([await status(gateway, "/a"), await status(gateway, "/c")]).toEqual([404, 200]);
  });

  test("that throws, or never ends, as it is closed harms nobody", async () => {
    using folder = tempFolder();
    folder.write("stubborn.ts", STUBBORN);
    const text = (close: string) => yaml(["/*"], plugins(`{ close: ${close} }`));
    await using gateway = await startGateway(text("throw"), { folder: folder.path });
    await rewrite(gateway, text("never"));
    expect((await reload(gateway)).result).toBe("applied");
    const line = await gateway.waitForLog(({ msg }) => msg === "a plugin failed as it was closed");
    expect(line).toMatchObject({ level: "warn", plugin: "stubborn", error: { message: "it will not close" } });
    await rewrite(gateway, yaml(["/*"], "reload: manual\n"));
    expect((await reload(gateway)).result).toBe("applied");
    expect(await status(gateway, "/")).toBe(200);
    const late = await gateway.waitForLog(({ msg }) => msg === "a plugin does not close: it is not waited for", 8_000);
    expect(late).toMatchObject({ plugin: "stubborn" });
    await rewrite(gateway, text("never"));
    await reload(gateway);
    expect(await gateway.stop()).toBe(0);
  });
});

test.each([1, 2])("thousands of routes are taken over under load, with %d workers", async (workers) => {
  const many = (count: number) => yaml(["/*", ...Array.from({ length: count }, (_, n) => `/r${n}/:id/x`)]);
  const more = `reload: manual\nlisten: { host: 127.0.0.1, port: 0, workers: ${workers} }\n`;
  await using gateway = await startGateway(more + many(10));
  const admin = "admin: { host: 127.0.0.1, port: 0 }\n";
  const load = startLoad([gateway.port], 4);
  await Bun.write(gateway.configFile, `${admin}${more}plugins: { request-id: {}, retry: {} }\n${many(3_000)}`);
  const before = load.answered;
  expect((await reload(gateway)).result).toBe("applied");
  // The parent reads the file: its workers have no more to do than to set up.
  if (workers > 1) expect(load.answered).toBeGreaterThan(before + 10);
  expect(await status(gateway, "/r2999/7/x")).toBe(200);
  await Bun.write(gateway.configFile, `${admin}${more}${many(5)}`);
  expect((await reload(gateway)).result).toBe("applied");
  expect(await status(gateway, "/r7/7/x")).toBe(200);
  await load.stop();
  expect(load.failures).toEqual([]);
});

test("targets that are discovered anew at the same time are all there in the end", async () => {
  using folder = tempFolder();
  const other = startUpstream(replies(response("ok")));
  const targets = (urls: readonly string[]) => folder.write("targets.yaml", `targets: ${JSON.stringify(urls)}\n`);
  targets([up.url]);
  const found = (n: number) => `reload: manual
services:
  s: { discover: { file: ${folder.file("targets.yaml")} }, pool: { max-idle: ${1 + (n % 5)} } }
routes: [{ path: /*, service: s }, { path: /n${n}, service: s }]
`;
  await using gateway = await startGateway(found(0), { folder: folder.path });
  const load = startLoad([gateway.port], 4);
  for (let n = 1; n <= 60; n++) {
    targets(n % 2 === 0 ? [up.url] : [other.url, up.url]);
    await rewrite(gateway, found(n));
    expect((await reload(gateway)).result).toBe("applied");
  }
  targets([other.url, up.url]);
  const urls = async () => {
    const { services } = await adminJson<{ services: readonly { targets: readonly { url: string }[] }[] }>(
      gateway,
      "/api/services",
    );
    return services[0]?.targets.map(({ url }) => url) ?? [];
  };
  await until(async () => Bun.deepEquals((await urls()).toSorted(), [other.url, up.url].toSorted()));
  await load.stop();
  expect(load.failures).toEqual([]);
  other.stop();
});
