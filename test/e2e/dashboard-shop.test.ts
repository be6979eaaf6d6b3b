import { expect, test } from "bun:test";
import { generateKeyPairSync } from "node:crypto";
import { join } from "node:path";
import { createCatalog } from "../../examples/shop/catalog.ts";
import { createOrders } from "../../examples/shop/orders.ts";
import { startService } from "../../examples/shop/serve.ts";
import { createUsers } from "../../examples/shop/users.ts";
import { bearer } from "../support/bearer.ts";
import { startBrowser } from "../support/browser.ts";
import { headline, openDashboard } from "../support/dashboard.ts";
import { startGateway } from "../support/gateway.ts";
import { type ShopRequest, startTraffic } from "../support/shop.ts";
import { tempFolder } from "../support/temp.ts";

/** Written when SCREENSHOTS is set: the one that docs/dashboard.md and the README show, of a few minutes of traffic. */
const SCREENSHOT = join(import.meta.dir, "../../docs/dashboard.png");
const isForScreenshot = Bun.env.SCREENSHOTS !== undefined;
const SCREENSHOT_MS = 240_000;

const KEYS = generateKeyPairSync("rsa", { modulusLength: 2_048 });

const VISITORS: readonly ShopRequest[] = [
  ...[1, 2, 3].map((id) => ({ path: `/api/users/${id}` })),
  ...["books", "tools", "music"].map((category) => ({ path: `/api/catalog?category=${category}` })),
  { path: "/api/catalog/1" },
  { path: "/api/users?page=1&size=2" },
  { path: "/api/orders" },
  ...["ada", "alan", "grace"].map((subject) => ({
    path: "/api/private/orders",
    headers: bearer(subject, KEYS.privateKey, { scope: "orders:read" }),
  })),
  { path: "/" },
];

test(
  "the demo shop is shown as it is, with one of its services down",
  async () => {
    using folder = tempFolder();
    folder.write("jwt.pem", KEYS.publicKey.export({ type: "spki", format: "pem" }));
    const users = [startService(createUsers(), 0), startService(createUsers(), 0), startService(createUsers(), 0)];
    const catalog = startService(createCatalog(), 0);
    const orders = startService(createOrders(), 0);
    const yaml = `plugins: { request-id: {}, access-log: {} }
services:
  users:
    targets: [${users.map(({ url }) => `"${url}"`).join(", ")}]
    plugins: { circuit-breaker: {}, retry: {} }
  catalog: { targets: ["${catalog.url}"] }
  orders: { targets: ["${orders.url}"] }
routes:
  - { path: /api/users/*, service: users, strip-prefix: /api }
  - { path: /api/catalog/*, service: catalog, strip-prefix: /api, plugins: { rate-limit: { limit: 40/s, burst: 10 } } }
  - { path: /api/orders/*, service: orders, strip-prefix: /api }
  - path: /api/private/*
    service: orders
    strip-prefix: /api/private
    plugins: { jwt: { public-key: jwt.pem, scopes: [orders:read] } }
  - { path: /, plugins: { respond: { json: { shop: Sluice demo } } } }
`;
    try {
      await using gateway = await startGateway(yaml, { folder: folder.path });
      await using traffic = startTraffic(gateway.port, VISITORS, isForScreenshot ? 12 : 4, isForScreenshot ? 60 : 10);
      await traffic.answered(100);
      await using browser = await startBrowser();
      const { page } = await openDashboard(browser, gateway, {
        viewport: { width: 1_280, height: 1_080 },
        colorScheme: "light",
      });
      await page.getByRole("heading", { level: 1 }).waitFor();
      if (isForScreenshot) await Bun.sleep(SCREENSHOT_MS);
      await users[2]?.stop();
      await headline(page, /^users: 1 of 3 targets down/).waitFor();
      await page.getByText("What needs attention").waitFor();
      const table = page.getByRole("table", { name: "Services, the last ten seconds" });
      await table.getByRole("row", { name: /^users .*1 of 3 targets down/ }).waitFor();
      for (const name of ["catalog", "orders"]) {
        await table.getByRole("row", { name: new RegExp(`^${name} .*up`) }).waitFor();
      }
      expect(traffic.statuses.get(200)).toBeGreaterThan(50);
      if (isForScreenshot) await page.screenshot({ path: SCREENSHOT });
    } finally {
      await Promise.all([...users, catalog, orders].map((service) => service.stop()));
    }
  },
  SCREENSHOT_MS + 120_000,
);
