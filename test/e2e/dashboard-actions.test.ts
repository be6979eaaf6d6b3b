import { describe, expect, test } from "bun:test";
import type { Page } from "playwright-core";
import { sharedBrowser } from "../support/browser.ts";
import { HELLO, headline, openDashboard } from "../support/dashboard.ts";
import { startGateway } from "../support/gateway.ts";
import { rewrite } from "../support/reload.ts";
import { startShopService, startTraffic } from "../support/shop.ts";
import { until } from "../support/until.ts";

const browser = sharedBrowser();

const YAML = `reload: manual\n${HELLO}`;

/** Presses the button, reads what is asked, and does it; answers the text of the dialog. */
async function confirm(page: Page, opener: string, action: string, prepare?: () => Promise<unknown>): Promise<string> {
  await page.getByRole("button", { name: opener }).click();
  const dialog = page.getByRole("dialog");
  await dialog.waitFor();
  const text = (await dialog.textContent()) ?? "";
  await prepare?.();
  await dialog.getByRole("button", { name: action, exact: true }).click();
  await dialog.waitFor({ state: "hidden" });
  return text;
}

describe("an action of the dashboard", () => {
  test("is asked about, and not done when the answer is no", async () => {
    await using gateway = await startGateway(YAML);
    const { page } = await openDashboard(browser, gateway, { view: "system" });
    const asked: string[] = [];
    page.on("request", (request) => {
      if (request.method() !== "GET") asked.push(request.url());
    });
    await confirm(page, "Reload the configuration …", "Cancel");
    await page.getByRole("button", { name: "Reload the configuration …" }).click();
    await page.keyboard.press("Escape");
    await page.getByRole("dialog").waitFor({ state: "hidden" });
    expect(asked).toEqual([]);
  }, 120_000);

  test("reloads, and tells every problem with its place if it cannot", async () => {
    await using gateway = await startGateway(YAML);
    const { page } = await openDashboard(browser, gateway, { view: "system" });
    const results = page.locator("#results");
    const text = await confirm(page, "Reload the configuration …", "Reload");
    expect(text).toContain("No request fails for it");
    await results.getByText("The configuration was read again: nothing has changed.").waitFor();

    await rewrite(gateway, `${YAML}routes2: []\n`);
    await confirm(page, "Reload the configuration …", "Reload");
    await results.getByText(/^Nothing was done/).waitFor();
    await results.getByText(/gateway\.yaml:5:1 error .*routes2/).waitFor();
    await headline(page, /^The last reload has failed/).waitFor();
    await page.getByRole("button", { name: "Dismiss this message" }).last().click();

    await rewrite(gateway, YAML.replace("hello", "goodbye"));
    await confirm(page, "Reload the configuration …", "Reload");
    await results.getByText("The configuration was taken over, with 1 change.").waitFor();
    await headline(page, /^All well/).waitFor();
  }, 120_000);

  test("drains a target and takes it back; the last one only if that is said", async () => {
    using first = startShopService();
    using second = startShopService();
    await using gateway = await startGateway(`services:
  users: { targets: ["${first.url}", "${second.url}"] }
routes: [{ path: /*, service: users }]
`);
    await using traffic = startTraffic(gateway.port, [{ path: "/" }]);
    await traffic.answered(20);
    const { page } = await openDashboard(browser, gateway, { view: "topology" });
    const row = page.getByRole("row", { name: new RegExp(`^${first.url}`) });
    const text = await confirm(page, `Drain ${first.url}`, "Drain the target");
    expect(text).toContain("Its requests go to the other target.");
    await page.getByText(`${first.url} gets no new requests.`).waitFor();
    await row.getByText("drained").waitFor();
    await traffic.answered(100);
    await row.getByText("0/s").waitFor();

    const last = await confirm(page, `Drain ${second.url}`, "Drain the target");
    expect(last).toContain("It is the last target of the service that works");
    await page.getByText(/^Nothing was done\. .*last usable target/).waitFor();
    await confirm(page, `Drain ${second.url}`, "Drain the target", () => page.getByLabel(/^Drain it although/).check());
    await page.getByText(`${second.url} gets no new requests.`).waitFor();
    await confirm(page, `Take back ${first.url}`, "Take it back");
    await page.getByText(`${first.url} gets requests again.`).waitFor();
    await row.getByText("up").waitFor();
  }, 120_000);

  test("forces a breaker, and lets it go", async () => {
    using up = startShopService();
    await using gateway = await startGateway(`services:
  users: { targets: ["${up.url}"], plugins: { circuit-breaker: {} } }
routes: [{ path: /*, service: users }]
`);
    const ask = async () => (await fetch(`http://127.0.0.1:${gateway.port}/`)).status;
    expect(await ask()).toBe(200);
    const { page } = await openDashboard(browser, gateway, { view: "topology" });
    const opener = `Force the circuit of ${up.url}`;
    await confirm(page, opener, "Force the circuit");
    await page.getByText(`The circuit of ${up.url} is held open.`).waitFor();
    expect(await ask()).toBe(503);
    await page.getByText("open, held by hand").waitFor();
    await confirm(page, opener, "Force the circuit", () => page.getByLabel("Hold it").selectOption("reset"));
    await page.getByText(`The circuit of ${up.url} was reset.`).waitFor();
    expect(await ask()).toBe(200);
  }, 120_000);

  test("decides about a canary, with the keyboard alone", async () => {
    using old = startShopService();
    using next = startShopService();
    await using gateway = await startGateway(`services:
  users: { targets: ["${old.url}"] }
  users-next: { targets: ["${next.url}"] }
routes: [{ name: users, path: /*, service: users, canary: { service: users-next, steps: [25%, 50%], every: 1h } }]
`);
    const { page } = await openDashboard(browser, gateway, { view: "topology" });
    const row = page.getByRole("table", { name: "Canaries to users-next" }).getByRole("row", { name: /^users/ });
    await row.getByText("running").waitFor();
    expect(await row.textContent()).toContain("25 %");
    /** Presses a button and its dialog's, by keys. */
    const press = async (verb: string) => {
      const opener = page.getByRole("button", { name: `${verb} the canary on users`, exact: true });
      await opener.focus();
      await page.keyboard.press("Enter");
      const dialog = page.getByRole("dialog", { name: `${verb} the canary on users?` });
      await dialog.waitFor();
      // The way out has the focus; the action is next.
      expect(await page.evaluate("document.activeElement.textContent")).toBe("Cancel");
      await page.keyboard.press("Tab");
      expect(await page.evaluate("document.activeElement.textContent")).toBe(verb);
      await page.keyboard.press("Enter");
      await dialog.waitFor({ state: "hidden" });
    };
    await press("Pause");
    await page.getByText("The canary on users is paused.").waitFor();
    await row.getByText("paused").waitFor();
    await press("Promote");
    await page.getByText("The canary on users gets all requests.").waitFor();
    await row.getByText("100 %").waitFor();
    await press("Abort");
    await page.getByText("The canary on users is stopped.").waitFor();
    await page.getByRole("heading", { level: 1, name: /^users: the canary users-next was stopped/ }).waitFor();
    await press("Resume");
    await page.getByText("The canary on users goes on.").waitFor();
    await row.getByText("running").waitFor();
    const audit = (await (await fetch(`http://127.0.0.1:${gateway.adminPort}/api/audit`)).json()) as {
      readonly actions: readonly { readonly path: string }[];
    };
    expect(audit.actions.map(({ path }) => path)).toEqual(Array(4).fill("/api/canaries"));
  }, 120_000);

  test("purges, revokes, and says so where there is nothing to do it with", async () => {
    using up = startShopService();
    await using gateway = await startGateway(`services: { users: { targets: ["${up.url}"] } }
routes: [{ path: /*, service: users, plugins: { cache: { ttl: 60s } } }]
`);
    const origin = `http://127.0.0.1:${gateway.port}`;
    const statusOf = async () => (await fetch(`${origin}/a`)).headers.get("cache-status");
    await until(async () => (await statusOf())?.includes("hit") === true);
    const { page } = await openDashboard(browser, gateway, { view: "system" });
    await confirm(page, "Purge the cache …", "Purge", () =>
      page.getByLabel("URL, beginning, tag or key").fill(`${origin}/a`),
    );
    await page.getByText("1 URL was purged here.").waitFor();
    expect(await statusOf()).toContain("miss");
    await confirm(page, "Revoke tokens …", "Revoke", () => page.getByLabel("Subject, id, token or kid").fill("ada"));
    await page.getByText(/^Nothing was done\. The plugin "jwt" has no endpoints here/).waitFor();
  }, 120_000);
});
