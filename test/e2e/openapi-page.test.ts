import { describe, expect, test } from "bun:test";
import { generateKeyPairSync } from "node:crypto";
import { join } from "node:path";
import { type Browser, chromium, type Page } from "playwright-core";
import { signToken } from "../../src/identity/sign-token.ts";
import { startDocumented } from "../support/documented.ts";
import { startGateway } from "../support/gateway.ts";
import { publishing, untilStates } from "../support/published.ts";
import { tempFolder } from "../support/temp.ts";

/** Where systems have it; the suite needs one of them. */
const CHROMIUM = ["chromium", "chromium-browser", "google-chrome"].map((name) => Bun.which(name)).find((path) => path);
/** Written when SCREENSHOTS is set: the one that docs/openapi.md shows. */
const SCREENSHOT = join(import.meta.dir, "../../docs/openapi-page.png");

async function launch(): Promise<Browser> {
  if (CHROMIUM === undefined || CHROMIUM === null) throw new Error("this test needs Chromium");
  return await chromium.launch({ executablePath: CHROMIUM, args: ["--no-sandbox"] });
}

/** What a page asked for, and what it complained about. */
function watch(page: Page) {
  const urls: string[] = [];
  const complaints: string[] = [];
  page.on("request", (request) => urls.push(request.url()));
  page.on("console", (message) => {
    if (message.type() === "error") complaints.push(message.text());
  });
  page.on("pageerror", (error) => complaints.push(String(error)));
  return { urls, complaints };
}

describe("the page", () => {
  test("shows all services, asks no other host for anything, and an authorised call succeeds", async () => {
    using folder = tempFolder();
    const { publicKey, privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
    folder.write("key.pem", publicKey.export({ type: "spki", format: "pem" }));
    const token = signToken({ alg: "RS256" }, { sub: "ann", exp: Math.floor(Date.now() / 1_000) + 600 }, privateKey);
    await using users = startDocumented("users");
    await using orders = startDocumented("orders");
    const yaml = publishing({ users: users.url, orders: orders.url }, "title: Shop API").replace(
      "service: users, strip",
      "service: users, plugins: { jwt: { public-key: key.pem } }, strip",
    );
    await using gateway = await startGateway(yaml, { folder: folder.path });
    await untilStates(gateway, { users: "fresh", orders: "fresh" });
    const origin = `http://127.0.0.1:${gateway.port}`;
    expect((await fetch(`${origin}/api/users`)).status).toBe(401);

    const browser = await launch();
    try {
      const page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
      const { urls, complaints } = watch(page);
      const response = await page.goto(`${origin}/docs`);
      expect(response?.headers()["content-security-policy"]).toContain("default-src 'none'; script-src 'self';");
      await page.getByRole("heading", { name: "Shop API" }).waitFor({ timeout: 20_000 });
      for (const name of ["users", "orders"]) await page.getByText(`/api/${name}`).first().waitFor();

      await page.locator("button", { hasText: "Test Request(get /api/users)" }).click();
      await page
        .getByRole("button", { name: /^Authentication/ })
        .last()
        .click();
      await page
        .getByLabel(/Bearer Token/i)
        .last()
        .fill(token);
      const [answered] = await Promise.all([
        page.waitForResponse(`${origin}/api/users`),
        page.locator("button", { hasText: /^Send/ }).first().click(),
      ]);
      expect(answered.status()).toBe(200);
      expect(await answered.json()).toEqual({ service: "users", path: "/users", authorization: `Bearer ${token}` });
      await page.getByText("200 OK").first().waitFor();
      if (Bun.env.SCREENSHOTS !== undefined) await page.screenshot({ path: SCREENSHOT });

      const foreign = urls.filter((url) => !url.startsWith(`${origin}/`) && !/^(data|blob):/.test(url));
      expect(foreign).toEqual([]);
      expect(complaints).toEqual([]);
    } finally {
      await browser.close();
    }
  }, 60_000);

  test("offers every published document, and asks no other host either", async () => {
    await using users = startDocumented("users");
    await using orders = startDocumented("orders");
    const documents = "documents: { partner: { tags: [orders] }, all: { services: [users] } }";
    const section = `title: "Shop's </script> & \\"API\\"", ${documents}`;
    await using gateway = await startGateway(publishing({ users: users.url, orders: orders.url }, section));
    await untilStates(gateway, { users: "fresh", orders: "fresh" });
    const origin = `http://127.0.0.1:${gateway.port}`;
    const browser = await launch();
    try {
      const page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
      const { urls, complaints } = watch(page);
      await page.goto(`${origin}/docs`);
      const title = 'Shop\'s </script> & "API"';
      await page.getByRole("heading", { name: title }).first().waitFor({ timeout: 20_000 });
      for (const name of ["users", "orders"]) await page.getByText(`/api/${name}`).first().waitFor();

      await page.getByRole("button", { name: title }).first().click();
      await page.getByRole("option", { name: "partner" }).click();
      await page.getByText("/api/users").first().waitFor({ state: "detached" });
      await page.getByText("/api/orders").first().waitFor();
      expect(urls).toContain(`${origin}/openapi/partner.json`);
      await page.goto(`${origin}/docs?api=all`);
      await page.getByText("/api/users").first().waitFor();
      expect(await page.getByText("/api/orders").count()).toBe(0);

      const foreign = urls.filter((url) => !url.startsWith(`${origin}/`) && !/^(data|blob):/.test(url));
      expect(foreign).toEqual([]);
      expect(complaints).toEqual([]);
    } finally {
      await browser.close();
    }
  }, 60_000);
});
