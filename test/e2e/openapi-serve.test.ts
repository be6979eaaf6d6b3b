import { describe, expect, test } from "bun:test";
import { brotliDecompressSync, gunzipSync } from "node:zlib";
import { documentOf, startDocumented, tagged } from "../support/documented.ts";
import { startGateway } from "../support/gateway.ts";
import { pathsOf, publishing, refresh, untilStates } from "../support/published.ts";
import { exchange } from "../support/raw.ts";
import { tempFolder } from "../support/temp.ts";
import { until } from "../support/until.ts";

function get(port: number, path: string, ...fields: readonly string[]) {
  const lines = [`GET ${path} HTTP/1.1`, "Host: a", ...fields, "", ""];
  return exchange(port, lines.join("\r\n"));
}

describe("the published document", () => {
  test("is there in both forms, in every encoding, under tags that hold", async () => {
    await using users = startDocumented("users");
    await using orders = startDocumented("orders");
    const section = "refresh: 1h, title: Shop, version: 2.1.0, documents: { partner: { tags: [orders] } }";
    await using gateway = await startGateway(publishing({ users: users.url, orders: orders.url }, section));
    const { port } = gateway;
    await untilStates(gateway, { users: "fresh", orders: "fresh" });

    const plain = await get(port, "/openapi.json");
    expect(plain.status).toBe(200);
    expect(plain.header("content-type")).toBe("application/json");
    expect(plain.header("cache-control")).toBe("no-cache");
    const document = JSON.parse(plain.body.toString());
    expect(document.info).toEqual({ title: "Shop", version: "2.1.0" });
    expect(Object.keys(document.paths)).toEqual(["/api/orders", "/api/users"]);

    const zipped = await get(port, "/openapi.json", "Accept-Encoding: gzip");
    expect(zipped.header("content-encoding")).toBe("gzip");
    expect(gunzipSync(zipped.body).equals(plain.body)).toBe(true);
    const br = await get(port, "/openapi.json", "Accept-Encoding: gzip, br, zstd");
    expect(br.header("content-encoding")).toBe("br");
    expect(brotliDecompressSync(br.body).equals(plain.body)).toBe(true);
    const refused = await get(port, "/openapi.json", "Accept-Encoding: br;q=0, gzip;q=0.0");
    expect(refused.header("content-encoding")).toBeUndefined();
    expect(new Set([plain, zipped, br].map((one) => one.header("etag"))).size).toBe(3);

    for (const tag of [plain.header("etag"), `W/${br.header("etag")}`, `"x", ${zipped.header("etag")}`, "*"]) {
      const again = await get(port, "/openapi.json", `If-None-Match: ${tag}`);
      expect([again.status, again.body.length]).toEqual([304, 0]);
    }
    expect((await get(port, "/openapi.json", 'If-None-Match: "x"')).status).toBe(200);

    const yaml = await get(port, "/openapi.yaml");
    expect(yaml.header("content-type")).toBe("application/yaml");
    expect(Bun.YAML.parse(yaml.body.toString())).toEqual(document);

    expect(await pathsOf(gateway, "/openapi/partner.json")).toEqual(["/api/orders"]);
    expect((await get(port, "/openapi/partner.yaml")).status).toBe(200);
    expect((await get(port, "/openapi/other.json")).status).toBe(404);

    const head = await exchange(port, "HEAD /openapi.json HTTP/1.1\r\nHost: a\r\n\r\n");
    expect([head.status, head.header("content-length")]).toEqual([200, String(plain.body.length)]);
    const posted = await exchange(port, "POST /openapi.json HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n");
    expect([posted.status, posted.header("allow")]).toEqual([405, "GET, HEAD"]);
  });

  test("is there for each audience: by tags and services, without what is internal, with tags and encodings of its own", async () => {
    const operation = (tag: string, more = {}) => ({ get: { tags: [tag], responses: {}, ...more } });
    const paths = {
      "/users": operation("people"),
      "/users/hidden": operation("people", { "x-internal": true }),
      "/users/admin": operation("admin"),
    };
    await using users = startDocumented("users", { answer: tagged({ ...documentOf("users"), paths }) });
    await using orders = startDocumented("orders");
    const documents = "{ partner: { tags: [people, orders] }, users: { services: [users] }, nobody: { tags: [x] } }";
    const section = `refresh: 1h, documents: ${documents}`;
    await using gateway = await startGateway(publishing({ users: users.url, orders: orders.url }, section));
    await untilStates(gateway, { users: "fresh", orders: "fresh" });
    expect(await pathsOf(gateway, "/openapi/partner.json")).toEqual(["/api/orders", "/api/users"]);
    expect(await pathsOf(gateway, "/openapi/users.json")).toEqual(["/api/users", "/api/users/admin"]);
    expect(await pathsOf(gateway, "/openapi/nobody.json")).toEqual([]);

    const { port } = gateway;
    const names = ["partner", "users", "nobody"].flatMap((name) => [`/openapi/${name}.json`, `/openapi/${name}.yaml`]);
    const etags = new Set<string | undefined>();
    for (const path of names) {
      const plain = await get(port, path);
      const zipped = await get(port, path, "Accept-Encoding: gzip");
      expect(gunzipSync(zipped.body).equals(plain.body)).toBe(true);
      const br = await get(port, path, "Accept-Encoding: br");
      expect(brotliDecompressSync(br.body).equals(plain.body)).toBe(true);
      expect((await get(port, path, `If-None-Match: ${zipped.header("etag")}`)).status).toBe(304);
      etags.add(plain.header("etag"));
    }
    expect(etags.size).toBe(names.length);
  });

  test("goes through the global plugins", async () => {
    await using users = startDocumented("users");
    const plugins = "plugins: { request-id: {}, access-log: {}, ip-restriction: { deny: [127.0.0.1] } }";
    await using gateway = await startGateway(publishing({ users: users.url }, "refresh: 1h", plugins));
    expect((await get(gateway.port, "/openapi.json")).status).toBe(403);
    expect((await get(gateway.port, "/docs")).status).toBe(403);
    await gateway.waitForLog(({ msg, path }) => msg === "request" && path === "/docs");
  });

  test("is not there without the section", async () => {
    await using users = startDocumented("users");
    const yaml = publishing({ users: users.url }).replace(/^openapi:.*$/m, "openapi: false");
    await using gateway = await startGateway(yaml);
    for (const path of ["/openapi.json", "/openapi.yaml", "/docs"]) {
      expect((await get(gateway.port, path)).status).toBe(404);
    }
    const report = await fetch(`http://127.0.0.1:${gateway.adminPort}/api/openapi/report`);
    expect(report.status).toBe(404);
    expect(users.asked).toEqual([]);
  });

  test("follows its services: an unchanged one is not sent again, a changed one is merged", async () => {
    await using users = startDocumented("users");
    await using gateway = await startGateway(publishing({ users: users.url }));
    await untilStates(gateway, { users: "fresh" });
    const before = (await get(gateway.port, "/openapi.json")).header("etag");
    await refresh(gateway);
    expect(users.asked.at(-1)).toBe('"v1"');
    expect((await get(gateway.port, "/openapi.json")).header("etag")).toBe(before as string);

    users.answer = tagged({ ...documentOf("users"), paths: { "/users/new": { get: { responses: {} } } } }, '"v2"');
    await refresh(gateway);
    expect(await pathsOf(gateway)).toEqual(["/api/users/new"]);
    expect((await get(gateway.port, "/openapi.json")).header("etag")).not.toBe(before as string);
    expect((await get(gateway.port, "/openapi.json", `If-None-Match: ${before}`)).status).toBe(200);
  });

  test("is asked for by itself, at the interval of the configuration", async () => {
    await using users = startDocumented("users");
    await using gateway = await startGateway(publishing({ users: users.url }, "refresh: 50ms"));
    await untilStates(gateway, { users: "fresh" });
    users.answer = tagged({ ...documentOf("users"), paths: { "/users/new": { get: { responses: {} } } } }, '"v2"');
    await gateway.waitForLog(({ msg, paths }) => msg === "the documents of the services are merged" && paths === 1);
    await until(async () => (await pathsOf(gateway)).includes("/api/users/new"));
  });

  test("takes URLs, files, YAML and headers, and hides what is not to be documented", async () => {
    await using users = startDocumented("users", {
      answer: (request) =>
        request.headers.get("x-key") === "k1"
          ? new Response(
              "openapi: 3.1.0\ninfo: { title: u, version: '1' }\npaths:\n  /users:\n    get: { responses: {} }\n",
            )
          : new Response("no", { status: 401 }),
    });
    await using elsewhere = startDocumented("orders");
    using folder = tempFolder();
    folder.write(
      "docs/items.json",
      JSON.stringify({ ...documentOf("items", "2.0"), openapi: undefined, swagger: "2.0" }),
    );
    await using gateway = await startGateway(
      `openapi: { refresh: 1h }
services:
  users: { targets: ["${users.url}"], openapi: { path: /openapi.json, headers: { X-Key: k1 } } }
  orders: { targets: ["http://127.0.0.1:9"], openapi: "${elsewhere.url}/openapi.json?token=t0p" }
  items: { targets: ["http://127.0.0.1:9"], openapi: docs/items.json }
  secret: { targets: ["http://127.0.0.1:9"], openapi: false }
  plain: { targets: ["http://127.0.0.1:9"] }
routes:
  - { path: /users, service: users }
  - { path: /orders, service: orders }
  - { path: /items, service: items }
  - { path: /secret, service: secret }
  - { path: /plain, methods: [GET], service: plain }
`,
      { folder: folder.path },
    );
    const report = await untilStates(gateway, {
      users: "fresh",
      orders: "fresh",
      items: "fresh",
      secret: "hidden",
      plain: "none",
    });
    expect(await pathsOf(gateway)).toEqual(["/items", "/orders", "/plain", "/users"]);
    expect(report.services.map(({ version }) => version)).toEqual(["3.1.0", "3.0.3", "2.0", undefined, undefined]);
    expect(JSON.stringify(report)).not.toContain("t0p");
    expect(JSON.stringify(report)).not.toContain("k1");
  });
});
