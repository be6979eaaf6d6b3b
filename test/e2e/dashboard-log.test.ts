import { describe, expect, test } from "bun:test";
import type { Request } from "playwright-core";
import { sharedBrowser } from "../support/browser.ts";
import { openDashboard } from "../support/dashboard.ts";
import { startGateway } from "../support/gateway.ts";

const browser = sharedBrowser();

const YAML = `plugins: { access-log: {} }
routes: [{ path: /*, plugins: { respond: { body: hello } } }]
`;

describe("the log on the dashboard", () => {
  test("is followed, filtered, paused, and kept short", async () => {
    await using gateway = await startGateway(YAML);
    const ask = (path: string) => fetch(`http://127.0.0.1:${gateway.port}${path}`).then((reply) => reply.text());
    const { page, complaints } = await openDashboard(browser, gateway, { view: "log" });
    await page.getByText("Live: new lines are added at the end.").waitFor();
    const lines = page.getByRole("log", { name: "Log lines" });
    await ask("/apples");
    await lines.getByText("path=/apples").waitFor();

    await page.getByLabel("Contains").fill("pears");
    await lines.getByText("path=/apples").waitFor({ state: "detached" });
    await page.getByText("Live: new lines are added at the end.").waitFor();
    await ask("/plums");
    await ask("/pears");
    await lines.getByText("path=/pears").waitFor();
    expect(await lines.getByText("path=/plums").count()).toBe(0);
    await page.getByLabel("Contains").fill("");
    await lines.getByText("path=/plums").waitFor();

    await page.getByRole("button", { name: "Pause" }).click();
    await page.getByText("Paused: lines that come now are not shown.").waitFor();
    await ask("/cherries");
    await gateway.waitForLog(({ path }) => path === "/cherries");
    expect(await lines.getByText("path=/cherries").count()).toBe(0);
    await page.getByRole("button", { name: "Pause" }).click();
    await lines.getByText("path=/cherries").waitFor();

    for (let i = 0; i < 12; i++) await Promise.all(Array.from({ length: 50 }, (_, n) => ask(`/many-${i}-${n}`)));
    await ask("/last");
    await lines.getByText("path=/last").waitFor();
    expect(await lines.locator("p").count()).toBe(500);
    await page.getByRole("button", { name: "Clear" }).click();
    expect(await lines.locator("p").count()).toBe(0);
    expect(complaints).toEqual([]);
  }, 120_000);

  test("is not read while another view is looked at", async () => {
    await using gateway = await startGateway(YAML);
    const { page } = await openDashboard(browser, gateway, { view: "log" });
    await page.getByText("Live: new lines are added at the end.").waitFor();
    const isLog = (request: Request) => request.url().includes("/api/log");
    await Promise.all([page.waitForEvent("requestfailed", isLog), page.getByRole("link", { name: "System" }).click()]);
    const [again] = await Promise.all([
      page.waitForEvent("request", isLog),
      page.getByRole("link", { name: "Log", exact: true }).click(),
    ]);
    expect(again.url()).toContain("level=info");
    await page.getByText("Live: new lines are added at the end.").waitFor();
  }, 120_000);

  test("shows the gateway's own warnings on the overview, and no requests among them", async () => {
    await using gateway = await startGateway(
      `${YAML}services: { users: { targets: ["http://127.0.0.1:1"], health: { path: / } } }\n`,
    );
    await gateway.waitForLog(({ msg }) => msg === "a target is unhealthy");
    const { page } = await openDashboard(browser, gateway);
    await page.getByRole("heading", { name: "Latest warnings of the gateway" }).waitFor();
    const warnings = page.locator("#warnings li");
    await warnings.filter({ hasText: "a target is unhealthy" }).filter({ hasText: "service=users" }).waitFor();
    expect(await warnings.filter({ hasText: "request" }).count()).toBe(0);
  }, 120_000);
});
