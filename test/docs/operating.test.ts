import { describe, expect, test } from "bun:test";
import { join } from "node:path";
import { createAdmin } from "../../src/admin/app.ts";
import { CanaryOrders } from "../../src/admin/canary-orders.ts";
import { Drains } from "../../src/admin/drains.ts";
import { createPluginApps } from "../../src/admin/plugin-apps.ts";
import { History } from "../../src/history/history.ts";
import { createNullLogger } from "../../src/observe/log.ts";
import { LogTail } from "../../src/observe/tail/log-tail.ts";
import { TargetStats } from "../../src/upstream/stats.ts";
import { sourceFiles } from "../architecture/source.ts";
import { codeIn, firstColumn, PROJECT, readPage, sectionOf } from "./pages.ts";

/** What is explained beside the pool. */
const OF_TARGET: ReadonlySet<string> = new Set(["health", "isHealthy", "isDrained", "addresses"]);
const page = readPage("docs/operating.md");

describe("docs/operating.md", () => {
  test("has every message that the gateway logs, with its level", async () => {
    const files = [...(await sourceFiles("src")), ...(await sourceFiles("plugins"))];
    const logged = new Map<string, Set<string>>();
    for (const { text } of files.filter(({ path }) => !path.startsWith("src/testing"))) {
      for (const [, level = "", message = ""] of text.matchAll(/\blog\.(debug|info|warn|error)\("([^"]+)"/g)) {
        logged.set(message, (logged.get(message) ?? new Set()).add(level));
      }
    }
    const [, table = ""] = sectionOf(page, "Logs").split(/^\|---.*$/m);
    const rows = [...table.matchAll(/^\| `([^`]+)` \| ([a-z, ]+) \|/gm)];
    const documented = rows.map(([, message = "", levels = ""]) => [message, levels.split(", ").sort()]);
    expect(documented.sort()).toEqual([...logged].map(([message, levels]) => [message, [...levels].sort()]).sort());
  });

  test("has every endpoint of the admin port", () => {
    const view = {
      readiness: () => ({ isReady: true, reasons: [] }),
      routes: () => [],
      services: () => [],
      listeners: () => [],
      workers: () => [],
      canaries: () => [],
      metrics: () => [],
      counts: () => new Map(),
      errors: () => [],
      limited: () => ({ since: 0, clients: [] }),
      openapi: () => undefined,
      refreshOpenApi: () => undefined,
      explanations: () => [],
      explanation: () => undefined,
      store: () => ({ kind: "memory", state: "up", since: 0, calls: 0, failures: {}, inFlight: 0 }) as const,
    };
    const log = createNullLogger();
    const apps = createPluginApps(log);
    const unasked = () => {
      throw new Error("nobody asks");
    };
    const alerts = { report: unasked, silence: unasked, endSilence: unasked };
    const reloads = { report: unasked, reload: unasked, plan: unasked };
    const { routes } = createAdmin(view, {
      plugins: () => apps,
      reloads,
      history: new History(),
      alerts,
      drains: new Drains({ log, apply: unasked, config: { services: {} } }),
      orders: new CanaryOrders({ log, apply: unasked }),
      tail: new LogTail(),
      log,
    });
    const paths = routes.map(({ path }) => path.replace(":name", "NAME").replace(":id", "ID").replace("/*", ""));
    expect(firstColumn(sectionOf(page, "The admin port")).toSorted()).toEqual([...new Set(paths)].sort());
  });

  test("has only fields of /api/services that there are", () => {
    const section = sectionOf(page, "What /api/services tells");
    const names = Object.keys(JSON.parse(/^```json\n(.*?)^```/ms.exec(section)?.[1] ?? "{}").pool);
    const { errors, ...stats } = new TargetStats().snapshot({ open: 0, idle: 0, inUse: 0, tunnels: 0, pending: 0 });
    expect(names.toSorted()).toEqual(Object.keys({ ...stats, errors }).sort());
    const explained = firstColumn(section).filter((name) => !OF_TARGET.has(name));
    expect(explained.toSorted()).toEqual(names.toSorted());
  });

  test("names signals that the gateway listens for", async () => {
    const main = await Bun.file(join(PROJECT, "src/main.ts")).text();
    const handled = [...main.matchAll(/process\.on\("(SIG\w+)"/g)].map(([, name]) => name);
    const named = firstColumn(sectionOf(page, "Stopping")).flatMap((cell) => cell.match(/SIG\w+/g) ?? []);
    const [first = ""] = sectionOf(page, "Stopping").match(/^\| `.*drains.*$/m) ?? [];
    expect([...new Set([...codeIn(first), ...named])].toSorted()).toEqual(handled.toSorted() as string[]);
  });
});
