import { test } from "bun:test";
import { startBrowser } from "../support/browser.ts";
import { openDashboard } from "../support/dashboard.ts";
import { startGateway } from "../support/gateway.ts";
import { startShopService, startTraffic } from "../support/shop.ts";

test("an alert that fires is on the dashboard, is silenced there with a reason, and told again when that ends", async () => {
  using up = startShopService();
  await using gateway = await startGateway(`services: { users: { targets: ["${up.url}"] } }
routes: [{ name: users, path: /*, service: users }]
alerts:
  rules:
    - name: too-many-errors
      kind: errors
      objective: 99%
      min-requests: 10
      min-failures: 5
      windows: [{ burn: 10, long: 20s, short: 2s, severity: critical }]
`);
  await using browser = await startBrowser();
  await using traffic = startTraffic(gateway.port, [{ path: "/" }]);
  // Nobody is told of an alert whose cause is told already: the target stays up, and only its answers are bad.
  up.status = 500;
  await traffic.answered(50);
  const { page } = await openDashboard(browser, gateway, { view: "alerts" });
  const alerts = page.getByRole("table", { name: "Alerts" });
  await alerts.getByRole("row", { name: /^too-many-errors .*firing/ }).waitFor();
  await page.getByRole("button", { name: "Silence too-many-errors" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByRole("combobox").selectOption("15m");
  await dialog.getByRole("textbox").fill("we know, and work on it");
  await dialog.getByRole("button", { name: "Silence" }).click();
  await page.getByText("too-many-errors is silenced.").waitFor();
  const silences = page.getByRole("table", { name: "Silences" });
  await silences.getByRole("row", { name: /^too-many-errors.* we know, and work on it 1[45] min/ }).waitFor();
  await alerts.getByText("firing, silenced").waitFor();
  await page.getByRole("button", { name: /^End the silence of too-many-errors/ }).click();
  await dialog.getByRole("button", { name: "End the silence" }).click();
  await page.getByText("Nothing is silenced.").waitFor();
  await alerts.getByText("firing, silenced").waitFor({ state: "detached" });
  await alerts.getByText("firing", { exact: false }).waitFor();
}, 120_000);
