import { describe, expect, test } from "bun:test";
import { gzipSync } from "node:zlib";
import { type DocumentedService, documentOf, startDocumented, tagged } from "../support/documented.ts";
import { startGateway } from "../support/gateway.ts";
import { pathsOf, publishing, refresh, reportOf, untilStates } from "../support/published.ts";
import { startRedis } from "../support/redis.ts";
import { replies, response } from "../support/scripts.ts";
import { until } from "../support/until.ts";
import { startUpstream } from "../support/upstream.ts";

/** Never ends what it has begun. */
function endless(chunk: string, pauseMs = 0): Response {
  return new Response(
    new ReadableStream({
      async pull(controller) {
        if (pauseMs > 0) await Bun.sleep(pauseMs);
        controller.enqueue(Buffer.from(chunk));
      },
    }),
  );
}

const DEEP = `{"openapi":"3.1.0","info":{},"paths":{},"x":${"[".repeat(5_000)}${"]".repeat(5_000)}}`;
const LIES: readonly (readonly [name: string, answer: () => Response, fault: RegExp])[] = [
  ["huge", () => endless("x".repeat(65_536)), /longer than openapi.max-bytes, 1048576 bytes/],
  ["slow", () => endless(" ", 50), /not come within 2500 ms/],
  ["silent", () => endless(" ", 60_000), /not come within 2500 ms/],
  ["page", () => new Response("<!doctype html><p>hello"), /a page, neither JSON nor YAML/],
  ["broken", () => new Response('{"openapi": "3.1.0", "paths": {'), /neither JSON nor YAML: line 1/],
  ["binary", () => new Response(new Uint8Array([0x7b, 0xff, 0xfe])), /not UTF-8/],
  ["empty", () => new Response(""), /it is empty/],
  ["other", () => Response.json({ openapi: "4.0.0", paths: {} }), /OpenAPI "4.0.0"; 2.0, 3.0, 3.1 and 3.2 are known/],
  ["none", () => Response.json({ hello: 1 }), /no OpenAPI document/],
  ["pathless", () => Response.json({ openapi: "3.1.0" }), /no paths/],
  ["deep", () => new Response(DEEP), /nested more than 400 deep/],
  ["moved", () => Response.redirect("http://169.254.169.254/openapi.json"), /redirect \(302\), which is not followed/],
  [
    "bomb",
    () => new Response(gzipSync(Buffer.alloc(8_388_608)), { headers: { "content-encoding": "gzip" } }),
    /compressed, which it was asked not to be/,
  ],
  ["failing", () => new Response("no", { status: 500 }), /the status 500/],
  ["absent", () => new Response("no", { status: 404 }), /the status 404/],
];

describe("a service that lies", () => {
  test("is told by its name, and harms no other", async () => {
    const services: DocumentedService[] = LIES.map(([name, answer]) => startDocumented(name, { answer }));
    await using good = startDocumented("good");
    try {
      const urls = Object.fromEntries(services.map(({ url }, i) => [LIES[i]?.[0] ?? "", url]));
      const section = "refresh: 1h, max-bytes: 1mb, timeout: 2500ms";
      await using gateway = await startGateway(publishing({ ...urls, good: good.url }, section));
      const states = Object.fromEntries(LIES.map(([name]) => [name, "missing"]));
      const report = await untilStates(gateway, { ...states, good: "fresh" });
      for (const [name, , fault] of LIES) {
        const found = report.services.find(({ service }) => service === name);
        expect([name, found?.error?.message]).toEqual([name, expect.stringMatching(fault)]);
        await gateway.waitForLog(({ service, reason }) => service === name && fault.test(String(reason)));
      }
      expect(await pathsOf(gateway)).toContain("/api/good");
    } finally {
      await Promise.all(services.map((service) => service.stop()));
    }
  }, 60_000);

  test("is told by a URL likewise", async () => {
    const names = ["bomb", "moved", "huge", "absent"];
    const lies = LIES.filter(([name]) => names.includes(name));
    const services = lies.map(([name, answer]) => startDocumented(name, { answer }));
    try {
      const urls = Object.fromEntries(services.map(({ url }, i) => [lies[i]?.[0] ?? "", url]));
      const yaml = publishing(urls, "refresh: 1h, max-bytes: 1mb, timeout: 10s").replace(
        /targets: \["([^"]+)"\], openapi: /g,
        'targets: ["http://127.0.0.1:9"], openapi: $1',
      );
      await using gateway = await startGateway(yaml);
      const report = await untilStates(gateway, Object.fromEntries(lies.map(([name]) => [name, "missing"])));
      for (const [name, , fault] of lies) {
        const found = report.services.find(({ service }) => service === name);
        expect([name, found?.error?.message]).toEqual([name, expect.stringMatching(fault)]);
      }
    } finally {
      await Promise.all(services.map((service) => service.stop()));
    }
  }, 60_000);

  test("does not take the good document's place, and is told once", async () => {
    await using users = startDocumented("users");
    await using gateway = await startGateway(publishing({ users: users.url }));
    await untilStates(gateway, { users: "fresh" });
    users.answer = () => new Response("oops: [", { headers: { etag: '"bad"' } });
    await refresh(gateway);
    const report = await refresh(gateway);
    expect(report.services[0]).toMatchObject({ state: "stale", version: "3.0.3" });
    expect(await pathsOf(gateway)).toEqual(["/api/users"]);
    // The tag is still that of the copy in use: the bad one is not taken for known.
    expect(users.asked.at(-1)).toBe('"v1"');
    await gateway.waitForLog(({ msg }) => msg === "the document of a service cannot be had");
    const told = gateway.logs.filter(({ msg }) => msg === "the document of a service cannot be had");
    expect(told).toHaveLength(1);
    users.answer = tagged(documentOf("users"));
    expect((await refresh(gateway)).services[0]?.state).toBe("fresh");
    await gateway.waitForLog(({ msg }) => msg === "the document of a service can be had again");
  });
});

describe("a service that is down", () => {
  test("is documented by its last good copy, marked stale, and comes back", async () => {
    await using users = startDocumented("users");
    await using gateway = await startGateway(publishing({ users: users.url }));
    await untilStates(gateway, { users: "fresh" });
    const metrics = async () => (await fetch(`http://127.0.0.1:${gateway.adminPort}/metrics`)).text();
    expect(await metrics()).toContain('sluice_openapi_document_state{service="users",state="fresh"} 1');
    expect(await metrics()).toContain('sluice_openapi_document_operations{service="users"} 1');
    await users.stop();
    const report = await refresh(gateway);
    expect(await metrics()).toContain('sluice_openapi_document_state{service="users",state="stale"} 1');
    expect(report.services[0]).toMatchObject({
      state: "stale",
      error: { message: expect.stringMatching(/ECONNREFUSED/) },
    });
    expect(await pathsOf(gateway)).toEqual(["/api/users"]);
    await using back = startDocumented("users", { port: users.port });
    expect((await refresh(gateway)).services[0]?.state).toBe("fresh");
    expect(back.asked).toHaveLength(1);
  });

  test("does not delay the start, and is asked again soon", async () => {
    const ports = ["users", "orders"].map((name) => startDocumented(name));
    await Promise.all(ports.map((service) => service.stop()));
    const [users, orders] = ports.map(({ url }) => url);
    await using gateway = await startGateway(publishing({ users: users ?? "", orders: orders ?? "" }));
    expect(await pathsOf(gateway)).toEqual(["/api/orders/{path}", "/api/users/{path}"]);
    await untilStates(gateway, { users: "missing", orders: "missing" });
    await using back = startDocumented("users", { port: ports[0]?.port ?? 0 });
    await untilStates(gateway, { users: "fresh", orders: "missing" });
    expect(back.asked.length).toBeGreaterThan(0);
    expect(await pathsOf(gateway)).toEqual(["/api/orders/{path}", "/api/users"]);
  }, 60_000);

  test("hangs: the start and the first document do not wait for it", async () => {
    using silent = startUpstream(() => {});
    await using users = startDocumented("users");
    await using gateway = await startGateway(
      publishing({ users: users.url, silent: silent.url }, "refresh: 1h, timeout: 1m"),
    );
    expect(await pathsOf(gateway)).toEqual(["/api/silent/{path}", "/api/users"]);
    expect((await reportOf(gateway)).services[1]?.state).toBe("waiting");
    expect(await gateway.stop()).toBe(0);
  });

  test("is asked at its next target", async () => {
    await using gone = startDocumented("users");
    await gone.stop();
    using failing = startUpstream(replies(response("no", { status: 503 })));
    await using users = startDocumented("users");
    const yaml = publishing({ users: gone.url }).replace(
      `"${gone.url}"`,
      `"${gone.url}", "${failing.url}", "${users.url}"`,
    );
    await using gateway = await startGateway(yaml);
    await untilStates(gateway, { users: "fresh" });
    expect(users.asked).toHaveLength(1);
    // Whichever is the first, the last one answers.
    for (let i = 0; i < 6; i++) expect((await refresh(gateway)).services[0]?.state).toBe("fresh");
    expect(users.asked).toHaveLength(7);
  });

  test("has its document after a restart, from the store", async () => {
    await using redis = await startRedis();
    await using users = startDocumented("users");
    const yaml = publishing({ users: users.url }, "refresh: 1h", `redis: { url: "${redis.url}", command-timeout: 2s }`);
    const first = await startGateway(yaml);
    await untilStates(first, { users: "fresh" });
    await until(async () => (await redis.cli("keys", "*")).includes("openapi:document:2:users"));
    await first.stop();
    await users.stop();
    await using gateway = await startGateway(yaml);
    await untilStates(gateway, { users: "stale" });
    expect(await pathsOf(gateway)).toEqual(["/api/users"]);
  });
});
