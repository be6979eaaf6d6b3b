import type { BrowserContextOptions, Locator, Page } from "playwright-core";
import type { TestBrowser, WatchedPage } from "./browser.ts";
import type { GatewayProcess } from "./gateway.ts";

/** A gateway that answers by itself, for tests in which traffic does not matter. */
export const HELLO = "routes: [{ path: /, plugins: { respond: { body: hello } } }]\n";

/** Where the dashboard of a gateway is. */
export function dashboardOf({ adminPort }: Pick<GatewayProcess, "adminPort">, view?: string): string {
  return `http://127.0.0.1:${adminPort}/${view === undefined ? "" : `#/${view}`}`;
}

/** The dashboard in a session of its own, at a view: "overview", "topology", … */
export async function openDashboard(
  browser: Pick<TestBrowser, "open">,
  gateway: Pick<GatewayProcess, "adminPort">,
  { view, ...options }: BrowserContextOptions & { readonly view?: string } = {},
): Promise<WatchedPage> {
  return await browser.open(dashboardOf(gateway, view), options);
}

/** The sentence at the top that says how the gateway is. */
export function headline(page: Page, name: string | RegExp): Locator {
  return page.getByRole("heading", { level: 1, name });
}
