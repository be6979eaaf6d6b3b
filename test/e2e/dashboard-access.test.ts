import { describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Page } from "playwright-core";
import { sharedBrowser } from "../support/browser.ts";
import { HELLO, headline, openDashboard } from "../support/dashboard.ts";
import { startGateway } from "../support/gateway.ts";
import { startShopService, startTraffic } from "../support/shop.ts";

const AXE = readFileSync(fileURLToPath(import.meta.resolve("axe-core/axe.min.js")), "utf8");
const VIEWS = ["overview", "topology", "errors", "alerts", "system", "configuration", "log"];

const browser = sharedBrowser();

/** A gateway with something wrong, so that every kind of line is there. */
function shop(url: string): string {
  return `services:
  users: { targets: ["${url}", "http://127.0.0.1:1"], plugins: { circuit-breaker: { consecutive-failures: 2 } } }
routes:
  - { path: /users/*, service: users }
  - { path: /limited, plugins: { rate-limit: { limit: 1, window: 1h }, respond: { body: hello } } }
`;
}

/** One that fires, and one that follows from it. */
const ALERTS = `alerts:
  rules: [{ name: targets, kind: state, of: target }, { name: breakers, kind: state, of: breaker }]
`;

/** Captions of the tables in a view that are wider than their place. */
async function cutTables(page: Page, view: string): Promise<readonly string[]> {
  const isCut = "(table) => table.scrollWidth > table.clientWidth";
  return await page.evaluate<readonly string[]>(
    `[...document.querySelectorAll("#${view} .table")].filter(${isCut}).map((table) => table.getAttribute("aria-label"))`,
  );
}

/** What axe-core has to say against the page as it is, of what weighs. */
async function violations(page: Page): Promise<readonly string[]> {
  await page.evaluate(AXE);
  const found = await page.evaluate<readonly { id: string; impact: string; nodes: readonly { html: string }[] }[]>(
    "axe.run(document).then(({ violations }) => violations.map(({ id, impact, nodes }) => ({ id, impact, nodes: nodes.map(({ html }) => ({ html })) })))",
  );
  return found
    .filter(({ impact }) => impact === "serious" || impact === "critical" || impact === "moderate")
    .flatMap(({ id, impact, nodes }) => nodes.map(({ html }) => `${impact} ${id}: ${html.slice(0, 200)}`));
}

async function showView(page: Page, view: string): Promise<void> {
  await page.locator(`nav a[href="#/${view}"]`).click();
  await page.locator(`section#${view}`).waitFor();
}

describe("the dashboard", () => {
  test.each(["light", "dark"] as const)(
    "has nothing that axe-core objects to, in %s colours",
    async (colorScheme) => {
      using up = startShopService();
      await using gateway = await startGateway(shop(up.url));
      await using traffic = startTraffic(gateway.port, [{ path: "/users/1" }, { path: "/limited" }]);
      await traffic.answered(60);
      // The policy of the page keeps scripts of others out: also this one, unless it is told to look away.
      const { page } = await openDashboard(browser, gateway, { colorScheme, bypassCSP: true });
      await page.getByText("What needs attention").waitFor();
      const ground = await page.evaluate("getComputedStyle(document.body).backgroundColor");
      expect(ground).toBe(colorScheme === "light" ? "rgb(244, 246, 248)" : "rgb(16, 21, 27)");
      for (const view of VIEWS) {
        await showView(page, view);
        expect({ view, found: await violations(page) }).toEqual({ view, found: [] });
      }
      await showView(page, "system");
      await page.getByRole("button", { name: "Purge the cache …" }).click();
      await page.getByRole("dialog").waitFor();
      expect(await violations(page)).toEqual([]);
    },
    180_000,
  );

  test("has room on a phone: no view is wider than 360 px, and no table hides what matters", async () => {
    await using gateway = await startGateway(shop("http://127.0.0.1:2") + ALERTS);
    await using traffic = startTraffic(gateway.port, [
      { path: "/users/1" },
      { path: `/limited?${"x".repeat(300)}` },
      { path: `/${"y".repeat(300)}` },
    ]);
    await traffic.answered(60);
    const { page } = await openDashboard(browser, gateway, {
      viewport: { width: 360, height: 740 },
    });
    await page.getByText("What needs attention").waitFor();
    for (const view of VIEWS) {
      await showView(page, view);
      await page.evaluate("new Promise(requestAnimationFrame)");
      expect({ view, width: await page.evaluate("document.documentElement.scrollWidth") }).toEqual({
        view,
        width: 360,
      });
      if (view === "alerts") await page.getByText("follows from another").first().waitFor();
      expect({ view, cut: await cutTables(page, view) }).toEqual({ view, cut: [] });
    }
    await showView(page, "alerts");
    // What is wrong is read in a few lines, not letter by letter.
    for (const row of await page.getByRole("table", { name: "Alerts" }).locator("tbody tr").all())
      expect((await row.boundingBox())?.height).toBeLessThan(140);
    await showView(page, "errors");
    const time = await page.getByRole("table", { name: "Recent errors" }).locator("time").first().boundingBox();
    expect(time?.height).toBeLessThan(24);
    await showView(page, "system");
    await page.getByRole("button", { name: "Purge the cache …" }).click();
    const box = await page.getByRole("dialog").boundingBox();
    expect((box?.x ?? 0) + (box?.width ?? 999)).toBeLessThanOrEqual(360);
  }, 120_000);

  test("is used with the keyboard alone, and the focus outlasts what is new", async () => {
    using up = startShopService();
    await using gateway = await startGateway(shop(up.url));
    await using traffic = startTraffic(gateway.port, [{ path: "/users/1" }]);
    const { page } = await openDashboard(browser, gateway);
    await headline(page, /users/).waitFor();
    const focused = () => page.evaluate<string>("document.activeElement.textContent.trim()");
    const reach = async (text: string) => {
      for (let i = 0; i < 60; i++) {
        if ((await focused()) === text) return;
        await page.keyboard.press("Tab");
      }
      throw new Error(`the Tab key does not reach ${text}`);
    };
    await page.keyboard.press("Tab");
    expect(await focused()).toBe("Skip to the content");
    await reach("Topology");
    const outline = await page.evaluate("getComputedStyle(document.activeElement).outlineStyle");
    expect(outline).toBe("solid");
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { name: "Topology", level: 2 }).waitFor();
    await reach("Drain …");
    await traffic.answered(100);
    expect(await focused()).toBe("Drain …");
    await page.keyboard.press("Enter");
    await page.getByRole("dialog").waitFor();
    expect(await focused()).toBe("Cancel");
    await page.keyboard.press("Enter");
    await page.getByRole("dialog").waitFor({ state: "hidden" });
    expect(await focused()).toBe("Drain …");
  }, 120_000);

  test("takes light or dark as it is told, and remembers it", async () => {
    await using gateway = await startGateway(HELLO);
    const { page } = await openDashboard(browser, gateway, { colorScheme: "light" });
    const ground = () => page.evaluate<string>("getComputedStyle(document.body).backgroundColor");
    expect(await ground()).toBe("rgb(244, 246, 248)");
    await page.getByRole("button", { name: "Theme: system" }).click();
    await page.getByRole("button", { name: "Theme: light" }).click();
    await page.getByRole("button", { name: "Theme: dark" }).waitFor();
    expect(await ground()).toBe("rgb(16, 21, 27)");
    await page.reload();
    await page.getByRole("button", { name: "Theme: dark" }).waitFor();
    expect(await ground()).toBe("rgb(16, 21, 27)");
  }, 120_000);
});
