import { describe, expect, test } from "bun:test";
import type { Locator, Page } from "playwright-core";
import { sharedBrowser } from "../support/browser.ts";
import { dashboardOf, HELLO, headline, openDashboard } from "../support/dashboard.ts";
import { startGateway } from "../support/gateway.ts";
import { startRedis } from "../support/redis.ts";
import { startShopService, startTraffic } from "../support/shop.ts";
import { until } from "../support/until.ts";

const browser = sharedBrowser();

async function show(page: Page, view: string): Promise<void> {
  await page.getByRole("navigation", { name: "Views" }).getByRole("link", { name: view, exact: true }).click();
  await page.getByRole("heading", { name: view, level: 2 }).waitFor();
}

/** How long the page takes to show it, the best of three times: a busy machine may be late once. */
async function bestOfThree(scenario: () => Promise<number>): Promise<number> {
  let best = Number.POSITIVE_INFINITY;
  for (let turn = 0; turn < 3 && best >= 2_000; turn++) best = Math.min(best, await scenario());
  return best;
}

/** Ms until that is on the page, or is not any more. */
async function timeUntil(shown: Locator, state: "visible" | "detached" = "visible"): Promise<number> {
  const startedAt = performance.now();
  await shown.waitFor({ state });
  return performance.now() - startedAt;
}

async function killTarget(): Promise<number> {
  using first = startShopService(1);
  using second = startShopService(1);
  await using gateway = await startGateway(`services:
  users: { targets: ["${first.url}", "${second.url}"], plugins: { retry: {} } }
routes: [{ path: /*, service: users }]
`);
  await using traffic = startTraffic(gateway.port, [{ path: "/" }]);
  await traffic.answered(50);
  const { page } = await openDashboard(browser, gateway);
  await headline(page, /^All well/).waitFor();
  second.kill();
  const ms = await timeUntil(headline(page, "users: 1 of 2 targets down"));
  await page.getByText(`${second.url} is down: it does not accept connections.`).waitFor();
  return ms;
}

async function killWorker(): Promise<number> {
  await using gateway = await startGateway(`listen: { host: 127.0.0.1, port: 0, workers: 2 }
${HELLO}`);
  const { page } = await openDashboard(browser, gateway, { view: "system" });
  const table = page.getByRole("table", { name: "Processes that serve requests" });
  const row = table.getByRole("row", { name: /^worker 2/ });
  await table.getByRole("row", { name: /^worker 2 .*running/ }).waitFor();
  const pid = Number(await row.getByRole("cell").nth(1).textContent());
  process.kill(pid, "SIGKILL");
  const old = table.getByRole("row", { name: new RegExp(`^worker 2 .*running ${pid} `) });
  const ms = await timeUntil(old, "detached");
  await table.getByRole("row", { name: /^worker 2 .*running .* 1$/ }).waitFor();
  return ms;
}

async function killRedis(): Promise<number> {
  await using redis = await startRedis();
  await using gateway = await startGateway(`redis: { url: "${redis.url}" }
routes: [{ path: /, plugins: { rate-limit: { limit: 1000000/m }, respond: { body: hello } } }]
`);
  const { page } = await openDashboard(browser, gateway);
  await headline(page, /^All well/).waitFor();
  await redis.kill();
  const ms = await timeUntil(headline(page, /^Redis does not answer, since \d+ s$/));
  await redis.restart();
  await headline(page, /^All well/).waitFor();
  return ms;
}

describe("the dashboard under load", () => {
  test("shows traffic, routes and services, asks no other host, and has nothing to complain about", async () => {
    using users = startShopService(2);
    using orders = startShopService(2);
    await using gateway = await startGateway(`plugins: { access-log: {} }
services:
  users: { targets: ["${users.url}"], plugins: { circuit-breaker: {} } }
  orders: { targets: ["${orders.url}"] }
routes:
  - { name: people, path: /users/*, service: users }
  - { path: /orders/*, service: orders }
  - { path: /hello, plugins: { respond: { body: hello } } }
`);
    await using traffic = startTraffic(gateway.port, [{ path: "/users/1" }, { path: "/orders/1" }]);
    await traffic.answered(100);
    const { page, urls, complaints } = await openDashboard(browser, gateway);
    await headline(page, /^All well: 2 services, [\d,.]+ requests\/s, no errors|0 % errors$/).waitFor();
    await page.getByRole("row", { name: /^people users [\d.,]+\/s/ }).waitFor();
    await page.getByRole("row", { name: /^orders .*up .*\/s/ }).waitFor();

    const rate = page.getByRole("img", { name: /^Rate\. requests: now [\d,.]+\/s, from/ });
    await rate.waitFor();
    await page.getByRole("img", { name: /^Latency\. p50: now [\d.]+ m?s/ }).waitFor();
    expect(await rate.locator("canvas").count()).toBe(1);
    await page.getByRole("button", { name: "people" }).click();
    await page.locator("#subject option:checked", { hasText: "people" }).waitFor({ state: "attached" });
    await page.getByLabel("15 min").check();
    await page.getByText("Rate as a table").click();
    expect(await page.getByRole("table", { name: "Rate: the latest values" }).getByRole("row").count()).toBeGreaterThan(
      1,
    );

    await show(page, "Topology");
    await page.getByRole("table", { name: "Targets of users" }).getByRole("row", { name: users.url }).waitFor();
    await page.getByRole("table", { name: "Circuit breakers of users" }).getByText("closed").waitFor();
    await page.getByText("Answered by the gateway itself").waitFor();
    await show(page, "Configuration");
    const places = page.getByRole("table", { name: /^The configuration at work/ });
    await places.getByRole("row", { name: /^targets: \[.*\] gateway\.yaml:6$/ }).waitFor();
    await show(page, "Log");
    await page.getByRole("log", { name: "Log lines" }).getByText("request").first().waitFor();
    for (const view of ["System", "Alerts", "Errors and limits"]) await show(page, view);

    expect(urls.filter((url) => !url.startsWith(dashboardOf(gateway)))).toEqual([]);
    expect(complaints).toEqual([]);
  }, 120_000);

  test.each([
    ["a target that was killed", killTarget],
    ["a worker that was killed", killWorker],
    ["that Redis was killed, and that it is back", killRedis],
  ])(
    "shows within two seconds %s",
    async (_, kill) => {
      expect(await bestOfThree(kill)).toBeLessThan(2_000);
    },
    240_000,
  );

  test("asks nothing while its tab is hidden, and all when it is shown again", async () => {
    await using gateway = await startGateway(HELLO);
    const hidden = await openDashboard(browser, gateway);
    const shown = await openDashboard(browser, gateway);
    for (const { page } of [hidden, shown]) await headline(page, /^All well/).waitFor();
    const hide = (isHidden: boolean) =>
      hidden.page.evaluate(
        `Object.defineProperty(document, "hidden", { value: ${isHidden}, configurable: true }); document.dispatchEvent(new Event("visibilitychange"))`,
      );
    await hide(true);
    await hidden.page.waitForLoadState("networkidle");
    const before = hidden.urls.length;
    const others = shown.urls.length;
    await until(() => shown.urls.length > others + 20, {
      timeout: 60_000,
      what: "the page that is shown goes on asking",
    });
    expect(hidden.urls.length).toBe(before);
    await hide(false);
    await until(() => hidden.urls.length > before + 5, { what: "the page asks again" });
  }, 120_000);

  test("says that the gateway is away, and goes on when it is back", async () => {
    const before = await startGateway(HELLO);
    const { page } = await openDashboard(browser, before);
    await headline(page, /^All well/).waitFor();
    await before.kill();
    await headline(page, /^The gateway does not answer, since \d+ s$/).waitFor();
    await page.getByText("away, trying again").waitFor();
    await using _after = await startGateway(`admin: { host: 127.0.0.1, port: ${before.adminPort} }\n${HELLO}`);
    await headline(page, /^All well/).waitFor();
    await page.getByText("● live").waitFor();
  }, 120_000);

  test("is usable with 300 services", async () => {
    using up = startShopService(1);
    const names = Array.from({ length: 300 }, (_, i) => `service-${i}`);
    await using gateway = await startGateway(`services:
${names.map((name) => `  ${name}: { targets: ["${up.url}"] }`).join("\n")}
routes:
${names.map((name) => `  - { path: /${name}/*, service: ${name} }`).join("\n")}
`);
    await using traffic = startTraffic(
      gateway.port,
      names.map((name) => ({ path: `/${name}/` })),
      2,
    );
    await traffic.answered(300);
    const { page } = await openDashboard(browser, gateway, { view: "topology" });
    await page.getByText("300 services, none with a problem. The first 100 of them: search for others.").waitFor();
    await page.getByLabel("Search").fill("service-277");
    await page.getByText("1 shown.").waitFor();
    const group = page.getByRole("group").filter({ hasText: "service-277" });
    expect(await group.getByRole("table").count()).toBe(0);
    await page.getByRole("heading", { name: "service-277" }).click();
    await page.getByRole("table", { name: "Targets of service-277" }).waitFor();
    await traffic.answered(50);
    expect(await page.getByRole("table", { name: "Targets of service-277" }).count()).toBe(1);
  }, 120_000);
});
