import { describe, expect, test } from "bun:test";
import { createAdmin } from "../../src/admin/app.ts";
import { CanaryOrders } from "../../src/admin/canary-orders.ts";
import { Drains } from "../../src/admin/drains.ts";
import { createPluginApps } from "../../src/admin/plugin-apps.ts";
import { History } from "../../src/history/history.ts";
import { createNullLogger } from "../../src/observe/log.ts";
import { LogTail } from "../../src/observe/tail/log-tail.ts";
import { exchange } from "../support/raw.ts";
import { SHOP, startTestAdmin } from "./setup.ts";

const METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE"];

const unasked = () => {
  throw new Error("nobody asks");
};

/** So that there is every endpoint. */
const WHOLE = {
  reloads: { report: unasked, reload: unasked, plan: unasked },
  history: new History(),
  alerts: { report: unasked, silence: unasked, endSilence: unasked },
};

/** Whatever the admin port has, by its path. */
function allEndpoints(): readonly (readonly [path: string, methods: readonly string[]])[] {
  const log = createNullLogger();
  const drains = new Drains({ log, apply: () => {}, config: { services: {} } });
  const orders = new CanaryOrders({ log, apply: () => {} });
  const plugins = () => createPluginApps(log);
  const { routes } = createAdmin(SHOP, { ...WHOLE, plugins, drains, orders, tail: new LogTail(), log });
  const paths = Map.groupBy(routes, ({ path }) => path);
  return [...paths].map(([path, all]) => [path, all.map(({ method }) => method)] as const);
}

const OWN = allEndpoints().filter(([, methods]) => !methods.includes("ALL"));

async function ask(port: number, method: string, path: string, fields = "") {
  const reply = await exchange(port, `${method} ${path} HTTP/1.1\r\nHost: localhost\r\n${fields}\r\n`);
  return {
    status: reply.status,
    allow: reply.header("allow"),
    type: reply.header("content-type"),
    body: reply.body.toString(),
  };
}

describe("every endpoint", () => {
  test("there are many", () => expect(OWN.length).toBeGreaterThan(20));

  test.each(OWN)("%s answers another method with 405 and those that there are", async (path, methods) => {
    await using admin = startTestAdmin({}, WHOLE);
    const url = path.replace(":id", "x").replace("*", "app.js");
    const expected = [...methods, "OPTIONS", ...(methods.includes("GET") ? ["HEAD"] : [])].toSorted().join(", ");
    for (const method of METHODS.filter((one) => !methods.includes(one))) {
      const answer = await ask(admin.port, method, url);
      expect(answer).toMatchObject({ status: 405, allow: expected, type: "application/problem+json" });
      expect(JSON.parse(answer.body)).toMatchObject({ code: "method_not_allowed", status: 405 });
    }
    expect(await ask(admin.port, "OPTIONS", url)).toMatchObject({ status: 204, allow: expected, body: "" });
  });

  test("that is read answers HEAD as it answers GET, without a body", async () => {
    await using admin = startTestAdmin({}, WHOLE);
    for (const [path] of OWN.filter(([, methods]) => methods.includes("GET"))) {
      const url = path.replace(":id", "x").replace("*", "app.js");
      if (url === "/api/log") continue;
      const [get, head] = [await ask(admin.port, "GET", url), await ask(admin.port, "HEAD", url)];
      expect([url, head.status, head.type, head.body]).toEqual([url, get.status, get.type, ""]);
    }
  });

  test("answers a method with a slash behind it as without", async () => {
    await using admin = startTestAdmin();
    expect(await ask(admin.port, "POST", "/api/routes/")).toMatchObject({ status: 405, allow: "GET, HEAD, OPTIONS" });
  });
});

describe("a method", () => {
  test.each([
    ["FOO", 501],
    ["get", 400],
    ["post", 400],
    ["PROPFIND", 405],
  ])("%s, which none has, is %d", async (method, status) => {
    await using admin = startTestAdmin({}, WHOLE);
    for (const path of ["/api/routes", "/api/reload", "/health/live"]) {
      const answer = await ask(admin.port, method, path);
      expect(answer).toMatchObject({ status, type: "application/problem+json" });
      expect(JSON.parse(answer.body)).toMatchObject({ status });
    }
  });
});

describe("a path that there is not", () => {
  test.each([
    ["/api/rutes", "/api/routes"],
    ["/api/Routes", "/api/routes"],
    ["/api/alert/silence", undefined],
    ["/api//routes", "/api/routes"],
    ["/helth/ready", "/health/ready"],
    ["/metric", "/metrics"],
    ["/something/else", undefined],
  ])("%s is 404, and says which is near: %p", async (path, near) => {
    await using admin = startTestAdmin();
    for (const method of ["GET", "POST", "OPTIONS"]) {
      const { status, allow, body } = await ask(admin.port, method, path);
      expect([status, allow]).toEqual([404, undefined]);
      const hint = near === undefined ? "" : `: did you mean "${near}"?`;
      expect(JSON.parse(body).detail).toBe(`There is no endpoint ${path}${hint}`);
    }
  });

  test("is not told back at any length", async () => {
    await using admin = startTestAdmin();
    expect((await ask(admin.port, "GET", `/api/${"x".repeat(5_000)}`)).body.length).toBeLessThan(500);
  });
});

describe("a stranger", () => {
  test("learns nothing of what there is", async () => {
    await using admin = startTestAdmin({}, { token: "t0ken" });
    admin.apps.of("cache").get("/", () => "");
    const told = new Set<string>();
    for (const method of [...METHODS, "OPTIONS"]) {
      for (const path of [
        "/api/routes",
        "/api/reload",
        "/api/rutes",
        "/nope",
        "/api/plugins/cache",
        "/api/plugins/x",
      ]) {
        const { body, ...answer } = await ask(admin.port, method, path);
        const { requestId: _, ...problem } = JSON.parse(body);
        told.add(JSON.stringify({ ...answer, problem }));
      }
    }
    expect(told.size).toBe(1);
    expect([...told][0]).toContain('"status":401');
  });

  test("on another site learns no more", async () => {
    await using admin = startTestAdmin();
    const fields = "Sec-Fetch-Site: cross-site\r\n";
    for (const path of ["/api/routes", "/nope"]) {
      for (const method of ["POST", "OPTIONS"]) {
        expect(await ask(admin.port, method, path, fields)).toMatchObject({ status: 403, allow: undefined });
      }
    }
  });
});

describe("endpoints of plugins", () => {
  test("answer a method that they do not have with 405", async () => {
    await using admin = startTestAdmin();
    admin.apps
      .of("cache")
      .get("/keys/:id", ({ params }) => params)
      .delete("/keys/:id", () => "gone");
    const path = "/api/plugins/cache/keys/7";
    expect(await ask(admin.port, "POST", path)).toMatchObject({ status: 405, allow: "DELETE, GET, HEAD, OPTIONS" });
    expect(await ask(admin.port, "OPTIONS", path)).toMatchObject({ status: 204, allow: "DELETE, GET, HEAD, OPTIONS" });
    const head = await ask(admin.port, "HEAD", path);
    expect([head.status, head.type, head.body]).toEqual([200, (await ask(admin.port, "GET", path)).type, ""]);
  });

  test("that answer HEAD themselves are asked", async () => {
    await using admin = startTestAdmin();
    admin.apps.of("cache").all("/", ({ request }) => new Response(null, { headers: { "x-asked": request.method } }));
    const reply = await exchange(admin.port, "HEAD /api/plugins/cache HTTP/1.1\r\nHost: localhost\r\n\r\n");
    expect(reply.header("x-asked")).toBe("HEAD");
  });

  test("that are not there are 404, with the nearest", async () => {
    await using admin = startTestAdmin();
    admin.apps.of("cache").get("/keys", () => "");
    const detailOf = async (path: string) => JSON.parse((await ask(admin.port, "GET", path)).body).detail;
    expect(await detailOf("/api/plugins/cache/kyes")).toBe(
      'There is no endpoint /api/plugins/cache/kyes: did you mean "/api/plugins/cache/keys"?',
    );
    expect(await detailOf("/api/plugins/cashe/keys")).toBe(
      'The plugin "cashe" has no endpoints here, or no route uses it: did you mean "cache"?',
    );
    expect(await detailOf("/api/usage")).toBe('The plugin "quota" has no endpoints here, or no route uses it');
  });
});
