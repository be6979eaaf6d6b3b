import { describe, expect, test } from "bun:test";
import { GatewayError } from "../../src/errors.ts";
import { exchange } from "../support/raw.ts";
import { SHOP, startTestAdmin } from "./setup.ts";

/** What /api/services answers, as far as the tests look into it. */
interface Services {
  readonly services: readonly { readonly targets: readonly { readonly pool: { readonly latency: Latency } }[] }[];
}

interface Latency {
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly buckets: readonly (readonly number[])[];
}

describe("health", () => {
  test("live is always", async () => {
    await using admin = startTestAdmin({ readiness: () => ({ isReady: false, reasons: ["draining"] }) });
    const response = await admin.get("/health/live");
    expect(response.status).toBe(200);
    expect(await response.json()).toEqual({ status: "live" });
  });

  test("ready follows the gateway, and says why it is not", async () => {
    let reasons = ["not listening", "no configuration"];
    await using admin = startTestAdmin({ readiness: () => ({ isReady: reasons.length === 0, reasons }) });
    const before = await admin.get("/health/ready");
    expect(before.status).toBe(503);
    expect(await before.json()).toEqual({ status: "not ready", reasons });
    reasons = [];
    const after = await admin.get("/health/ready");
    expect(after.status).toBe(200);
    expect(await after.json()).toEqual({ status: "ready" });
  });

  test("ready stays ready without the store, and says so", async () => {
    await using admin = startTestAdmin({ readiness: () => ({ isReady: true, reasons: [], store: "down" }) });
    const response = await admin.get("/health/ready");
    expect([response.status, await response.json()]).toEqual([200, { status: "ready", store: "down" }]);
  });

  test("answers HEAD, as load balancers ask", async () => {
    await using admin = startTestAdmin();
    const head = await exchange(admin.port, "HEAD /health/ready HTTP/1.1\r\nHost: localhost\r\n\r\n");
    expect(head.status).toBe(200);
    expect(head.body.byteLength).toBe(0);
  });
});

describe("reports", () => {
  test("routes as the gateway has them", async () => {
    await using admin = startTestAdmin();
    expect(await (await admin.get("/api/routes")).json()).toEqual({ routes: SHOP.routes() });
  });

  test("services with their targets, connections and latencies", async () => {
    await using admin = startTestAdmin();
    const { services } = (await (await admin.get("/api/services")).json()) as Services;
    const [service] = services;
    expect(service).toMatchObject({
      name: "users",
      balance: "round-robin",
      targets: [
        {
          url: "http://127.0.0.1:4001",
          health: "unknown",
          pool: { open: 2, idle: 1, inUse: 1, created: 2, errors: { upstream_timeout: 1 } },
        },
      ],
    });
    const latency = service?.targets[0]?.pool.latency;
    expect(latency).toMatchObject({ count: 100, sumMs: 5_050, meanMs: 50.5 });
    expect(latency?.p50Ms).toBeWithin(40, 60);
    expect(latency?.p99Ms).toBeWithin(90, 130);
    expect(latency?.buckets).toContainEqual([1, 1]);
  });

  test("a target without requests has no latencies", async () => {
    const [service] = SHOP.services();
    const [target] = service?.targets ?? [];
    if (service === undefined || target === undefined) throw new Error("the shop has a service");
    const pool = { ...target.pool, latency: { buckets: [], count: 0, sumMs: 0 } };
    await using admin = startTestAdmin({ services: () => [{ ...service, targets: [{ ...target, pool }] }] });
    const { services } = (await (await admin.get("/api/services")).json()) as Services;
    expect(services[0]?.targets[0]?.pool.latency).toEqual({ count: 0, sumMs: 0, buckets: [] } as never);
  });

  test("how targets are, and until when one is out, with times that people can read", async () => {
    const [service] = SHOP.services();
    const [target] = service?.targets ?? [];
    if (service === undefined || target === undefined) throw new Error("the shop has a service");
    const at = Date.UTC(2030, 0, 1);
    const state = {
      isHealthy: false,
      check: { state: "unhealthy", since: at, lastError: "status 500" },
      ejection: { since: at, until: at + 30_000, reason: "5 failures in a row" },
      share: 0.12345,
    };
    await using admin = startTestAdmin({ services: () => [{ ...service, targets: [{ ...target, state }] }] });
    const told = (await (await admin.get("/api/services")).json()) as Services;
    const written = "2030-01-01T00:00:00.000Z";
    expect(told.services[0]?.targets[0]).toMatchObject({
      isHealthy: false,
      check: { ...state.check, since: written },
      ejection: { ...state.ejection, since: written, until: "2030-01-01T00:00:30.000Z" },
      share: 0.123,
    } as never);
    expect(told.services[0]?.targets[0]).not.toHaveProperty("state");
  });

  test("how the targets of a service are found, with times that people can read", async () => {
    const [service] = SHOP.services();
    if (service === undefined) throw new Error("the shop has a service");
    const at = Date.UTC(2030, 0, 1);
    const found = {
      source: "dns users.internal",
      lastSuccess: at,
      lastError: { message: "ESERVFAIL", at },
      draining: 2,
    };
    const young = { ...found, lastSuccess: undefined, lastError: undefined };
    const services = [found, young].map((discovery) => ({ ...service, discovery }));
    await using admin = startTestAdmin({ services: () => [...services, service] });
    const told = (await (await admin.get("/api/services")).json()) as { services: readonly { discovery: unknown }[] };
    const written = "2030-01-01T00:00:00.000Z";
    expect(told.services.map(({ discovery }) => discovery)).toEqual([
      { ...found, lastSuccess: written, lastError: { message: "ESERVFAIL", at: written } },
      { source: "dns users.internal", draining: 2 },
      undefined,
    ]);
  });

  test("plugins with the routes that they are on, and where their endpoints are", async () => {
    await using admin = startTestAdmin();
    admin.apps.of("cache");
    expect(await (await admin.get("/api/plugins")).json()).toEqual({
      plugins: [
        {
          name: "request-id",
          instances: [
            { route: "users", phases: ["request", "response"] },
            { route: "hello", phases: ["request"] },
          ],
        },
        { name: "cache", endpoints: "/api/plugins/cache", instances: [{ route: "users", phases: ["cache"] }] },
      ],
    });
  });
});

describe("plugin endpoints", () => {
  test("are served under the plugin's name, with query and body", async () => {
    await using admin = startTestAdmin();
    admin.apps
      .of("cache")
      .get("/", () => "root")
      .get("/keys/:id", ({ params, query }) => ({ ...params, ...query }))
      .post("/purge", ({ body }) => ({ got: body }));
    expect(await (await admin.get("/api/plugins/cache")).text()).toBe("root");
    expect(await (await admin.get("/api/plugins/cache/")).text()).toBe("root");
    expect(await (await admin.get("/api/plugins/cache/keys/7?a=1")).json()).toEqual({ id: "7", a: "1" });
    const posted = await fetch(`http://127.0.0.1:${admin.port}/api/plugins/cache/purge`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: '{"all":true}',
    });
    expect(await posted.json()).toEqual({ got: { all: true } });
    expect(posted.headers.get("cache-control")).toBe("no-store");
  });

  test("may be added while others are served", async () => {
    await using admin = startTestAdmin();
    admin.apps.of("cache").get("/early", () => "early");
    await admin.get("/api/plugins/cache/early");
    admin.apps.of("cache").get("/late", () => "late");
    expect(await (await admin.get("/api/plugins/cache/late")).text()).toBe("late");
  });

  test.each(["application/json", "text/plain", "application/x-www-form-urlencoded", "multipart/form-data", undefined])(
    "that read the body themselves get it as it came, whatever the client calls it: %p",
    async (type) => {
      await using admin = startTestAdmin();
      admin.apps.of("x").post("/", async ({ request }) => new Response(await request.text()), { parse: "none" });
      const response = await fetch(`http://127.0.0.1:${admin.port}/api/plugins/x`, {
        method: "POST",
        body: new TextEncoder().encode('{"a":'),
        ...(type === undefined ? {} : { headers: { "content-type": type } }),
      });
      expect([response.status, await response.text()]).toEqual([200, '{"a":']);
    },
  );

  test("that leave it to Elysia get it decoded", async () => {
    await using admin = startTestAdmin();
    admin.apps.of("x").post("/", ({ body }) => Response.json({ body }));
    const response = await fetch(`http://127.0.0.1:${admin.port}/api/plugins/x`, {
      method: "POST",
      body: '{"a":1}',
      headers: { "content-type": "application/json" },
    });
    expect(await response.json()).toEqual({ body: { a: 1 } });
  });

  test("keep a Cache-Control of their own", async () => {
    await using admin = startTestAdmin();
    admin.apps.of("x").get("/", () => new Response("", { headers: { "cache-control": "max-age=5" } }));
    expect((await admin.get("/api/plugins/x")).headers.get("cache-control")).toBe("max-age=5");
  });

  test("that fail, or are not there, answer with a problem", async () => {
    await using admin = startTestAdmin();
    admin.apps
      .of("cache")
      .get("/known", () => {
        throw new GatewayError("store_unavailable");
      })
      .get("/unknown", () => {
        throw new Error("s3cret detail");
      });
    expect((await admin.get("/api/plugins/cache/known")).status).toBe(503);
    const unknown = await admin.get("/api/plugins/cache/unknown");
    expect(unknown.status).toBe(500);
    expect(await unknown.text()).not.toContain("s3cret");
    expect(admin.logs.join("")).toContain('"plugin":"cache"');
    expect(admin.logs.join("")).toContain("s3cret detail");
    expect(admin.logs.length).toBe(1);
    for (const path of ["/api/plugins/cache/none", "/api/plugins/none", "/api/plugins/none/x"]) {
      expect((await admin.get(path)).status).toBe(404);
    }
  });
});

describe("errors", () => {
  test("are problem details under an id that the log has", async () => {
    await using admin = startTestAdmin({
      routes: () => {
        throw new Error("s3cret detail");
      },
    });
    const response = await admin.get("/api/routes");
    expect(response.status).toBe(500);
    expect(response.headers.get("content-type")).toBe("application/problem+json");
    const problem = (await response.json()) as Record<string, unknown>;
    const { requestId } = problem;
    expect(problem).toEqual({
      type: "urn:sluice:error:internal",
      title: "The gateway failed",
      status: 500,
      code: "internal",
      requestId,
    });
    expect(requestId).toBeString();
    expect(JSON.parse(admin.logs[0] ?? "")).toMatchObject({ level: "error", requestId });
  });

  test("an unknown path is 404, a method that it does not have 405", async () => {
    await using admin = startTestAdmin();
    for (const path of ["/nope", "/dashboard/nope", "/api", "/api/routes/x"]) {
      const response = await admin.get(path);
      expect(response.status).toBe(404);
      expect(await response.json()).toMatchObject({ code: "route_not_found", status: 404 });
    }
    expect((await fetch(`http://127.0.0.1:${admin.port}/api/routes`, { method: "POST" })).status).toBe(405);
    expect(admin.logs.map((line) => JSON.parse(line))).toMatchObject([{ msg: "an admin action", status: 405 }]);
  });
});

test("nothing may be cached, or read by other sites", async () => {
  await using admin = startTestAdmin({}, { token: "t0ken" });
  for (const path of ["/health/live", "/health/ready", "/api/routes", "/nope", "/api/plugins/none"]) {
    for (const headers of [{}, { authorization: "Bearer t0ken" }]) {
      const response = await admin.get(path, headers);
      expect(response.headers.get("cache-control")).toBe("no-store");
      expect(response.headers.get("access-control-allow-origin")).toBeNull();
    }
  }
});
