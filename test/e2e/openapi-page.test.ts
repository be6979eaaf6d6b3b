import { describe, expect, test } from "bun:test";
import { generateKeyPairSync } from "node:crypto";
import { join } from "node:path";
import { bearer } from "../support/bearer.ts";
import { sharedBrowser, type WatchedPage } from "../support/browser.ts";
import { startDocumented } from "../support/documented.ts";
import { startGateway } from "../support/gateway.ts";
import { publishing, untilStates } from "../support/published.ts";
import { tempFolder } from "../support/temp.ts";

/** Written when SCREENSHOTS is set: the one that docs/openapi.md shows. */
const SCREENSHOT = join(import.meta.dir, "../../docs/openapi-page.png");

const browser = sharedBrowser();

/** What a page has asked other hosts for. */
function foreign({ urls }: WatchedPage, origin: string): readonly string[] {
  return urls.filter((url) => !url.startsWith(`${origin}/`) && !/^(data|blob):/.test(url));
}

describe("the page", () => {
  test("shows all services, asks no other host for anything, and an authorised call succeeds", async () => {
    using folder = tempFolder();
    const { publicKey, privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
    folder.write("key.pem", publicKey.export({ type: "spki", format: "pem" }));
    const { authorization } = bearer("ann", privateKey);
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

    const policy = (await fetch(`${origin}/docs`)).headers.get("content-security-policy");
    expect(policy).toContain("default-src 'none'; script-src 'self';");
    const watched = await browser.open(`${origin}/docs`, { viewport: { width: 1_280, height: 800 } });
    const { page, complaints } = watched;
    await page.getByRole("heading", { name: "Shop API" }).waitFor();
    for (const name of ["users", "orders"]) await page.getByText(`/api/${name}`).first().waitFor();

    await page.locator("button", { hasText: "Test Request(get /api/users)" }).click();
    await page
      .getByRole("button", { name: /^Authentication/ })
      .last()
      .click();
    await page
      .getByLabel(/Bearer Token/i)
      .last()
      .fill(authorization.replace("Bearer ", ""));
    const [answered] = await Promise.all([
      page.waitForResponse(`${origin}/api/users`),
      page.locator("button", { hasText: /^Send/ }).first().click(),
    ]);
    expect(answered.status()).toBe(200);
    expect(await answered.json()).toEqual({ service: "users", path: "/users", authorization });
    await page.getByText("200 OK").first().waitFor();
    if (Bun.env.SCREENSHOTS !== undefined) await page.screenshot({ path: SCREENSHOT });

    expect(foreign(watched, origin)).toEqual([]);
    expect(complaints).toEqual([]);
  }, 120_000);

  test("offers every published document, and asks no other host either", async () => {
    await using users = startDocumented("users");
    await using orders = startDocumented("orders");
    const documents = "documents: { partner: { tags: [orders] }, all: { services: [users] } }";
    const section = `title: "Shop's </script> & \\"API\\"", ${documents}`;
    await using gateway = await startGateway(publishing({ users: users.url, orders: orders.url }, section));
    await untilStates(gateway, { users: "fresh", orders: "fresh" });
    const origin = `http://127.0.0.1:${gateway.port}`;
    const watched = await browser.open(`${origin}/docs`);
    const { page, urls, complaints } = watched;
    const title = 'Shop\'s </script> & "API"';
    await page.getByRole("heading", { name: title }).first().waitFor();
    for (const name of ["users", "orders"]) await page.getByText(`/api/${name}`).first().waitFor();

    await page.getByRole("button", { name: title }).first().click();
    await page.getByRole("option", { name: "partner" }).click();
    await page.getByText("/api/users").first().waitFor({ state: "detached" });
    await page.getByText("/api/orders").first().waitFor();
    expect(urls).toContain(`${origin}/openapi/partner.json`);
    await page.goto(`${origin}/docs?api=all`);
    await page.getByText("/api/users").first().waitFor();
    expect(await page.getByText("/api/orders").count()).toBe(0);

    expect(foreign(watched, origin)).toEqual([]);
    expect(complaints).toEqual([]);
  }, 120_000);
});
