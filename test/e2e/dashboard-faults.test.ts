import { describe, expect, test } from "bun:test";
import { generateKeyPairSync } from "node:crypto";
import type { Page } from "playwright-core";
import { bearer } from "../support/bearer.ts";
import { sharedBrowser } from "../support/browser.ts";
import { dashboardOf, HELLO, headline, openDashboard } from "../support/dashboard.ts";
import { type GatewayProcess, startGateway } from "../support/gateway.ts";
import { type ShopService, startShopService, startTraffic, type Traffic } from "../support/shop.ts";
import { tempFolder } from "../support/temp.ts";
import { until } from "../support/until.ts";

const browser = sharedBrowser();

const MEANT = generateKeyPairSync("rsa", { modulusLength: 2_048 });
const ANOTHER = generateKeyPairSync("rsa", { modulusLength: 2_048 });

const ANN = bearer("ann", MEANT.privateKey);
const WELL = [
  { path: "/users/1", headers: ANN },
  { path: "/orders/1", headers: ANN },
];

interface Shop {
  readonly gateway: GatewayProcess;
  readonly slow: ShopService;
  readonly traffic: Traffic;
}

/** A shop in which nothing is wrong, and the dashboard before it, when it says so. */
async function withShop(use: (shop: Shop, page: Page) => Promise<void>): Promise<void> {
  using folder = tempFolder();
  folder.write("jwt.pem", MEANT.publicKey.export({ type: "spki", format: "pem" }));
  using users = startShopService(3);
  using slow = startShopService(3);
  using orders = startShopService(3);
  const yaml = `services:
  users: { targets: ["${users.url}", "${slow.url}"], balance: round-robin }
  orders: { targets: ["${orders.url}"] }
plugins: { jwt: { public-key: jwt.pem } }
routes:
  - { name: users, path: /users/*, service: users, plugins: { rate-limit: { limit: 30/s, burst: 30, key: principal } } }
  - { name: orders, path: /orders/*, service: orders }
`;
  await using gateway = await startGateway(yaml, { folder: folder.path });
  await using traffic = startTraffic(gateway.port, WELL, 2, 100);
  await traffic.answered(40);
  expect([...traffic.statuses.keys()]).toEqual([200]);
  const { page } = await openDashboard(browser, gateway);
  await headline(page, /^All well/).waitFor();
  await use({ gateway, slow, traffic }, page);
}

/**
 * What somebody concludes who has never seen the gateway, and reads nothing but the sentence at the top and the advice below it. The
 * words are those of everyday speech; they have to point to one fault alone.
 */
async function conclusion(page: Page): Promise<string | undefined> {
  const text = `${await page.locator("#headline-text").textContent()} ${await page.locator("#headline-advice").textContent()}`;
  const faults = [
    { name: "a target is slow", words: /\bis slow\b/i },
    { name: "a secret is wrong", words: /\bcredentials\b.*\bnot accepted\b/i },
    { name: "a limit is exhausted", words: /\bover the limit\b|\blimit is exhausted\b/i },
  ];
  const fitting = faults.filter(({ words }) => words.test(text));
  return fitting.length === 1 ? fitting[0]?.name : undefined;
}

async function untilConcluded(page: Page, expected: string): Promise<void> {
  const what = async () => await page.locator("#headline").textContent();
  let last: string | null = "";
  await until(
    async () => {
      last = await what();
      return (await conclusion(page)) === expected;
    },
    { timeout: 60_000, what: () => `the page says that ${expected}; it said: ${last}` },
  );
}

describe("a newcomer finds with the dashboard alone", () => {
  test("that a target is slow, and which", async () => {
    await withShop(async ({ slow }, page) => {
      slow.delayMs = 600;
      await untilConcluded(page, "a target is slow");
      await headline(page, slow.url).waitFor();
    });
  }, 120_000);

  test("that a secret is wrong, and where it is compared", async () => {
    await withShop(async ({ traffic }, page) => {
      traffic.ask([
        { path: "/users/1", headers: ANN },
        { path: "/orders/1", headers: bearer("ann", ANOTHER.privateKey) },
      ]);
      await untilConcluded(page, "a secret is wrong");
      await headline(page, /^orders: /).waitFor();
      await page.getByRole("link", { name: "Errors and limits" }).click();
      await page
        .getByRole("row", { name: /401 unauthenticated .* · the client/ })
        .first()
        .waitFor();
    });
  }, 120_000);

  test("that a limit is exhausted, and by whom", async () => {
    await withShop(async ({ gateway, traffic }, page) => {
      traffic.ask(WELL);
      await using _eve = startTraffic(
        gateway.port,
        [{ path: "/users/1", headers: bearer("eve", MEANT.privateKey) }],
        4,
        5,
      );
      await untilConcluded(page, "a limit is exhausted");
      await page.getByText(/Most of them are from \S*eve/).waitFor();
      await page.getByRole("link", { name: "Errors and limits" }).click();
      await page.getByRole("row", { name: /^\S*eve users [\d,]+/ }).waitFor();
    });
  }, 120_000);
});

describe("what comes from outside", () => {
  test("is shown as text, and never becomes a part of the page", async () => {
    const markup = `<img src=x onerror="document.title='broken'">`;
    await using gateway = await startGateway(`plugins: { access-log: {} }
routes:
  - { name: ${JSON.stringify(markup)}, path: /a, plugins: { rate-limit: { limit: 1, window: 1h }, respond: { body: hello } } }
`);
    const { page, complaints, urls } = await openDashboard(browser, gateway);
    for (let i = 0; i < 5; i++) await fetch(`http://127.0.0.1:${gateway.port}/a`);
    await fetch(`http://127.0.0.1:${gateway.port}/${encodeURIComponent(markup)}`);
    for (const [view, place] of [
      ["overview", "by-route"],
      ["topology", "topology-list"],
      ["errors", "recent"],
      ["configuration", "configuration-lines"],
      ["log", "log-lines"],
    ]) {
      await page.goto(dashboardOf(gateway, view));
      await page.locator(`#${place}`).getByText("<img src=x").first().waitFor();
    }
    expect(await page.locator("main img").count()).toBe(0);
    expect(await page.title()).not.toBe("broken");
    expect(urls.filter((url) => url.endsWith("/x"))).toEqual([]);
    expect(complaints).toEqual([]);
  }, 120_000);
});

describe("the token", () => {
  const YAML = `admin: { host: 127.0.0.1, port: 0, token: right-token }
${HELLO}`;

  test("is asked for, told to be wrong, kept by the tab alone, and forgotten on request", async () => {
    await using gateway = await startGateway(YAML);
    const { page, urls } = await browser.open("about:blank");
    let refused = 0;
    page.on("response", (response) => {
      if (response.status() === 401) refused++;
    });
    await page.goto(dashboardOf(gateway));
    await headline(page, "Sign in to see how the gateway is").waitFor();
    // One question is enough to find out: more would look like guessing.
    expect(refused).toBe(1);
    refused = 0;
    await page.getByLabel("Token").fill("wrong-token");
    await page.getByRole("button", { name: "Sign in" }).click();
    await page.getByRole("alert").getByText("This token is not accepted: compare it with admin.token.").waitFor();
    expect(await page.evaluate("Object.keys(sessionStorage).length")).toBe(0);

    await page.getByLabel("Token").fill("right-token");
    await page.getByRole("button", { name: "Sign in" }).click();
    await headline(page, /^All well/).waitFor();
    await page.reload();
    await headline(page, /^All well/).waitFor();
    expect(await page.evaluate("Object.keys(localStorage).length + document.cookie.length")).toBe(0);
    expect(urls.filter((url) => url.includes("token"))).toEqual([]);

    expect(refused).toBe(1);

    await page.evaluate("sessionStorage.setItem('sluice-admin-token', 'old-token')");
    await page.reload();
    await page.getByRole("alert").getByText("The token is not accepted any more.").waitFor();
    await page.getByLabel("Token").fill("right-token");
    await page.getByRole("button", { name: "Sign in" }).click();
    await headline(page, /^All well/).waitFor();
    expect(refused).toBe(2);

    await page.getByRole("link", { name: "System" }).click();
    await page
      .getByRole("table", { name: "Ports for clients" })
      .getByText(`http://127.0.0.1:${gateway.port}`)
      .waitFor();
    await page.getByRole("button", { name: "Sign out" }).click();
    await page.getByLabel("Token").waitFor();
    expect(await page.evaluate("Object.keys(sessionStorage).length")).toBe(0);
    expect(await page.locator("main").textContent()).not.toContain("127.0.0.1:");
  }, 120_000);
});
