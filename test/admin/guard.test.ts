import { describe, expect, test } from "bun:test";
import { exchange } from "../support/raw.ts";
import { startTestAdmin } from "./setup.ts";

describe("with a token", () => {
  const PATHS = [
    "/api/routes",
    "/api/services",
    "/api/plugins",
    "/api/plugins/cache",
    "/nope",
    "/health",
    "/health/live/x",
  ];

  test.each([
    ["none", {}],
    ["another", { authorization: "Bearer wrong" }],
    ["a longer one", { authorization: "Bearer t0kenn" }],
    ["a shorter one", { authorization: "Bearer t0ke" }],
    ["an empty one", { authorization: "Bearer " }],
    ["another scheme", { authorization: "Basic t0ken" }],
    ["two", { authorization: "Bearer t0ken t0ken" }],
    ["the bare token", { authorization: "t0ken" }],
  ])("%s is refused everywhere but on /health", async (_, headers: Record<string, string>) => {
    await using admin = startTestAdmin({}, { token: "t0ken" });
    admin.apps.of("cache").get("/", () => "reached");
    for (const path of PATHS) {
      const response = await admin.get(path, headers);
      expect(response.status).toBe(401);
      expect(response.headers.get("www-authenticate")).toBe('Bearer realm="admin"');
      expect(response.headers.get("content-type")).toBe("application/problem+json");
      expect(await response.json()).toMatchObject({ code: "unauthenticated", status: 401 });
    }
    expect((await admin.get("/health/live", headers)).status).toBe(200);
    expect((await admin.get("/health/ready", headers)).status).toBe(200);
  });

  test.each(["Bearer t0ken", "bearer t0ken", "BEARER  t0ken"])(
    "%s is let in, under any host",
    async (authorization) => {
      await using admin = startTestAdmin({}, { token: "t0ken" });
      expect((await admin.get("/api/routes", { authorization, host: "gateway.example" })).status).toBe(200);
    },
  );

  test("the health path in other spellings opens nothing", async () => {
    await using admin = startTestAdmin({}, { token: "t0ken" });
    admin.apps.of("cache").all("/*", () => "reached");
    const targets = [
      "/health/live/../../api/routes",
      "/health/live/%2e%2e/%2e%2e/api/routes",
      "//health/live",
      "/api/routes?/health/live",
      "/api/routes#/health/live",
      "/api/routes;/health/live",
      "/api/plugins/cache/..%2f..%2f..%2fhealth/live",
      "/HEALTH/LIVE",
    ];
    for (const target of targets) {
      for (const host of ["localhost", "x", ""]) {
        const response = await exchange(admin.port, `GET ${target} HTTP/1.1\r\nHost: ${host}\r\n\r\n`);
        expect([400, 401]).toContain(response.status);
      }
    }
  });
});

describe("without a token", () => {
  async function statusOf(headers: string, options: { host?: string } = {}, path = "/api/routes"): Promise<number> {
    await using admin = startTestAdmin({}, options);
    const response = await exchange(admin.port, `GET ${path} HTTP/1.1\r\n${headers}\r\n\r\n`);
    return response.status;
  }

  test.each(["localhost", "LOCALHOST:9090", "127.0.0.1:1", "127.8.9.10", "[::1]:9090"])(
    "%s is answered",
    async (host) => {
      expect(await statusOf(`Host: ${host}`)).toBe(200);
    },
  );

  test.each(["evil.example:9090", "localhost.evil.example", "127.0.0.1.evil.example", "10.0.0.1", "[::2]", "127.evil"])(
    "%s is refused: a name may resolve to loopback",
    async (host) => {
      expect(await statusOf(`Host: ${host}`)).toBe(403);
    },
  );

  test("a host that is none is malformed", async () => {
    expect(await statusOf("Host: [::1].evil")).toBe(400);
  });

  test("the configured host is answered", async () => {
    expect(await statusOf("Host: gw.internal:9090", { host: "gw.internal" })).toBe(200);
    expect(await statusOf("Host: [fd00::1]:9090", { host: "fd00::1" })).toBe(200);
    expect(await statusOf("Host: other.internal", { host: "gw.internal" })).toBe(403);
  });

  test("other sites are refused", async () => {
    const local = "Host: localhost:9090\r\n";
    expect(await statusOf(`${local}Origin: http://evil.example`)).toBe(403);
    expect(await statusOf(`${local}Origin: null`)).toBe(403);
    expect(await statusOf(`${local}Origin: http://localhost:3000`)).toBe(403);
    expect(await statusOf(`${local}Sec-Fetch-Site: cross-site`)).toBe(403);
    expect(await statusOf(`${local}Sec-Fetch-Site: same-site`)).toBe(403);
    expect(await statusOf(`${local}Origin: http://localhost:9090\r\nSec-Fetch-Site: same-origin`)).toBe(200);
    expect(await statusOf(`${local}Sec-Fetch-Site: none`)).toBe(200);
  });

  test("health is answered to all, under any name", async () => {
    expect(await statusOf("Host: 10.1.2.3:9090", {}, "/health/ready")).toBe(200);
  });

  test("a request that names no host, as probes of HTTP/1.0 do, gets health and nothing else", async () => {
    await using admin = startTestAdmin();
    const statusOfPath = async (path: string) => (await exchange(admin.port, `GET ${path} HTTP/1.0\r\n\r\n`)).status;
    expect(await statusOfPath("/health/ready")).toBe(200);
    expect(await statusOfPath("/api/routes")).toBe(403);
  });

  test("the path is the same one for the guard and for the endpoints, under a host of any length", async () => {
    await using admin = startTestAdmin({}, { token: "t0ken" });
    for (const host of ["a", "ab", "abc", "abcd", "a:1", "localhost"]) {
      const head = `HTTP/1.1\r\nHost: ${host}\r\nAuthorization: Bearer t0ken\r\n\r\n`;
      const ask = async (path: string) => (await exchange(admin.port, `GET ${path} ${head}`)).status;
      expect([host, await ask("/health/live"), await ask("/api/routes")]).toEqual([host, 200, 200]);
      expect([host, await ask("/dashboard/api/routes"), await ask("/x/api/routes")]).toEqual([host, 404, 404]);
      expect(await ask("//api/routes")).toBe(404);
    }
  });

  test("an empty token is none", async () => {
    await using admin = startTestAdmin({}, { token: "" });
    expect((await admin.get("/api/routes")).status).toBe(200);
  });
});
