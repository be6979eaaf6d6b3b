import { afterAll, beforeAll } from "bun:test";
import { type Browser, type BrowserContextOptions, chromium, type Page } from "playwright-core";

/** Where systems have it; the suite needs one of them. */
const CHROMIUM = ["chromium", "chromium-browser", "google-chrome"].map((name) => Bun.which(name)).find((path) => path);

/** For something to be on a page, in ms: what a busy machine is late for is not lost. */
const PATIENCE_MS = 60_000;

/** A page, with what it has asked for and complained about so far. */
export interface WatchedPage {
  readonly page: Page;
  readonly urls: readonly string[];
  /** Errors on its console, and those that nobody has caught. */
  readonly complaints: readonly string[];
}

/** Chromium without a screen, closed at the end of the block: `await using browser = await startBrowser()`. */
export interface TestBrowser extends AsyncDisposable {
  /** A page in a session of its own, 1280 × 900 unless told. */
  open(url: string, options?: BrowserContextOptions): Promise<WatchedPage>;
}

export async function startBrowser(): Promise<TestBrowser> {
  if (CHROMIUM === undefined || CHROMIUM === null) throw new Error("this test needs Chromium");
  const browser: Browser = await chromium.launch({ executablePath: CHROMIUM, args: ["--no-sandbox"] });
  return {
    async open(url, options = {}) {
      const context = await browser.newContext({ viewport: { width: 1_280, height: 900 }, ...options });
      context.setDefaultTimeout(PATIENCE_MS);
      const page = await context.newPage();
      const urls: string[] = [];
      const complaints: string[] = [];
      page.on("request", (request) => urls.push(request.url()));
      page.on("console", (message) => {
        if (message.type() === "error") complaints.push(message.text());
      });
      page.on("pageerror", (error) => complaints.push(String(error)));
      await page.goto(url);
      return { page, urls, complaints };
    },
    [Symbol.asyncDispose]: () => browser.close(),
  };
}

/** One browser for all tests of a file, started before the first of them: `const browser = sharedBrowser()`. */
export function sharedBrowser(): Pick<TestBrowser, "open"> {
  let browser: TestBrowser | undefined;
  beforeAll(async () => {
    browser = await startBrowser();
  }, 120_000);
  afterAll(async () => {
    await browser?.[Symbol.asyncDispose]();
  });
  return {
    async open(url, options) {
      if (browser === undefined) throw new Error("the browser is there for tests alone");
      return await browser.open(url, options);
    },
  };
}
