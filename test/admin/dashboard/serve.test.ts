import { describe, expect, test } from "bun:test";
import { brotliDecompressSync, gunzipSync } from "node:zlib";
import { buildDashboard } from "../../../src/admin/dashboard/build.ts";
import { createDashboard } from "../../../src/admin/dashboard/serve.ts";
import { connect } from "../../support/raw.ts";
import { startTestAdmin } from "../setup.ts";

const FILES = {
  html: '<script src="/dashboard/app.js"></script><link href="/dashboard/app.css"><link href="/dashboard/icon.svg">',
  script: "one()",
  style: "p {}",
  icon: "<svg/>",
};
const NONE = new Headers();

/** The address of the script that the page names. */
async function scriptOf(dashboard: ReturnType<typeof createDashboard>): Promise<string> {
  const html = await (await dashboard.answer("/", NONE)).text();
  return /src="([^"]+)"/.exec(html)?.[1] ?? "";
}

describe("the dashboard is served", () => {
  test("with files that are named by what is in them, and kept for good; the page is asked for each time", async () => {
    const dashboard = createDashboard(async () => FILES);
    const page = await dashboard.answer("/", NONE);
    expect(page.headers.get("cache-control")).toBe("no-cache");
    const paths = (await page.text()).match(/\/dashboard\/[^"]+/g) ?? [];
    expect(paths).toHaveLength(3);
    for (const path of paths) {
      expect(path).toMatch(/^\/dashboard\/(app|icon)\.[\w-]{22}\.(js|css|svg)$/);
      const file = await dashboard.answer(path, NONE);
      expect(file.status).toBe(200);
      expect(file.headers.get("cache-control")).toBe("public, max-age=31536000, immutable");
      expect([FILES.script, FILES.style, FILES.icon]).toContain(await file.text());
    }
    expect(await scriptOf(createDashboard(async () => ({ ...FILES, script: "two()" })))).not.toBe(
      await scriptOf(dashboard),
    );
  });

  test("with a policy that lets in nothing but its own files, on every answer", async () => {
    const dashboard = createDashboard(async () => FILES);
    for (const path of ["/", await scriptOf(dashboard)]) {
      const { headers } = await dashboard.answer(path, NONE);
      const policy = headers.get("content-security-policy") ?? "";
      expect(policy).toContain("default-src 'none'; script-src 'self'; style-src 'self';");
      expect(policy).toContain("require-trusted-types-for 'script'");
      expect(policy).toContain("frame-ancestors 'none'");
      expect(policy).not.toContain("unsafe");
      expect(headers.get("x-content-type-options")).toBe("nosniff");
      expect(headers.get("referrer-policy")).toBe("no-referrer");
    }
  });

  test("compressed as it is wanted, and not again to who has it", async () => {
    const dashboard = createDashboard(async () => FILES);
    const path = await scriptOf(dashboard);
    const ask = (fields: Record<string, string>) => dashboard.answer(path, new Headers(fields));
    const br = await ask({ "accept-encoding": "gzip, br" });
    expect(br.headers.get("content-encoding")).toBe("br");
    expect(brotliDecompressSync(await br.arrayBuffer()).toString()).toBe(FILES.script);
    const gzip = await ask({ "accept-encoding": "br;q=0, gzip" });
    expect(gunzipSync(await gzip.arrayBuffer()).toString()).toBe(FILES.script);
    const tag = br.headers.get("etag") ?? "";
    expect(tag).not.toBe(gzip.headers.get("etag") ?? "");
    const again = await ask({ "accept-encoding": "br", "if-none-match": `"x", W/${tag}` });
    expect({ status: again.status, text: await again.text() }).toEqual({ status: 304, text: "" });
    expect((await ask({ "accept-encoding": "br", "if-none-match": '"x"' })).status).toBe(200);
  });

  test("again, after the files could not be read", async () => {
    let isBroken = true;
    const dashboard = createDashboard(async () => {
      if (isBroken) throw new Error("a module is missing");
      return FILES;
    });
    expect(dashboard.answer("/", NONE)).rejects.toThrow("a module is missing");
    isBroken = false;
    expect((await dashboard.answer("/", NONE)).status).toBe(200);
  });
});

describe("the admin port", () => {
  test("gives the page and its files to anyone, and data to nobody without the token", async () => {
    await using admin = startTestAdmin({}, { token: "secret" });
    const page = await admin.get("/");
    expect(page.status).toBe(200);
    expect(page.headers.get("content-type")).toBe("text/html; charset=utf-8");
    const paths = (await page.text()).match(/\/dashboard\/[^"]+/g) ?? [];
    expect(paths).toHaveLength(4);
    for (const path of paths) expect((await admin.get(path)).status).toBe(200);
    for (const path of ["/api/routes", "/metrics", "/api/config"]) expect((await admin.get(path)).status).toBe(401);
  });

  test.each(["a", "abc", "localhost", "127.0.0.1", "gateway.example.com"])(
    "opens nothing else by a path that begins like the page's, under the name %p",
    async (host) => {
      await using admin = startTestAdmin({}, { token: "secret" });
      const statusOf = async (path: string) => {
        using client = await connect(admin.port);
        return (await client.exchange(`GET ${path} HTTP/1.1\r\nHost: ${host}\r\n\r\n`)).status;
      };
      expect(await statusOf("/")).toBe(200);
      for (const path of [
        "/dashboard/api/routes",
        "/dashboard/../api/routes",
        "/dashboard/%2e%2e/api/routes",
        "/dashboard/..%2fapi/routes",
        "/dashboard//api/routes",
        "/dashboard/app.js/api/routes",
        "/dashboard/app.js?/api/routes",
        "/dashboard/app.js#/api/routes",
        "//api/routes",
      ]) {
        expect({ path, isOpen: (await statusOf(path)) === 200 }).toEqual({ path, isOpen: false });
      }
      expect(await statusOf("/dashboard/app.js")).toBe(404);
    },
  );

  test("gives the page for a query as well, and no data with it", async () => {
    await using admin = startTestAdmin({}, { token: "secret" });
    expect((await admin.get("/?/api/routes")).headers.get("content-type")).toBe("text/html; charset=utf-8");
  });
});

describe("the build", () => {
  test("makes one script and one style sheet that name no other host", async () => {
    const { html, script, style } = await buildDashboard();
    expect(new Bun.Transpiler({ loader: "js" }).scanImports(script)).toEqual([]);
    expect(style.includes(".uplot")).toBe(true);
    expect(html).not.toMatch(/<script(?![^>]*\bsrc=)|<style|\son\w+=|\sstyle=/);
    const hosts = (text: string) => text.match(/\bhttps?:\/\/[^"'`\s)]+/g) ?? [];
    expect(hosts(html + style + script)).toEqual([]);
  });
});
