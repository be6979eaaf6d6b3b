import { describe, expect, test } from "bun:test";
import { exchange } from "../support/raw.ts";
import { startTestAdmin } from "./setup.ts";

const TOKEN = { token: "t0ken" };
const BEARER = "Authorization: Bearer t0ken\r\n";

/** Sends one raw request to an admin port of its own; answers the reply and what was logged and noted. */
async function ask(options: Parameters<typeof startTestAdmin>[1], head: string, body = "") {
  await using admin = startTestAdmin({}, options);
  admin.apps.of("cache").all("/*", ({ request }) => `reached by ${request.method}`, { parse: "none" });
  const length = body === "" ? "" : `Content-Length: ${body.length}\r\n`;
  const [line, ...fields] = head.split("\r\n");
  const text = [line, `Host: localhost:${admin.port}`, ...fields].join("\r\n").replaceAll("PORT", `${admin.port}`);
  const reply = await exchange(admin.port, `${text}${length}\r\n${body}`);
  const audit = await admin.get("/api/audit", { authorization: "Bearer t0ken" });
  const { actions } = (await audit.json()) as { readonly actions: readonly Readonly<Record<string, unknown>>[] };
  return { reply, status: reply.status, actions, logs: admin.logs };
}

describe("pages of other sites", () => {
  const CASES = [
    ["Sec-Fetch-Site: cross-site", 403],
    ["Sec-Fetch-Site: same-site", 403],
    ["Sec-Fetch-Site: same-origin", 200],
    ["Sec-Fetch-Site: none", 200],
    ["Origin: https://evil.example", 403],
    ["Origin: null", 403],
    ["Origin: http://localhost:1", 403],
    ["Origin: http://localhost:PORT", 200],
    ["Origin: https://LOCALHOST:PORT", 200],
    // The browser's own word counts: a proxy may have changed Host.
    ["Sec-Fetch-Site: same-origin\r\nOrigin: https://admin.example", 200],
    ["Sec-Fetch-Site: cross-site\r\nOrigin: http://localhost:PORT", 403],
    ["X-Nothing: at all", 200],
  ] as const;

  test.each(CASES)("%s, with the token: what changes something is %d", async (field, status) => {
    for (const method of ["POST", "DELETE", "PUT", "PATCH"]) {
      const asked = await ask(TOKEN, `${method} /api/plugins/cache HTTP/1.1\r\n${BEARER}${field}\r\n`);
      expect(asked.status).toBe(status);
      expect(asked.actions).toMatchObject([{ who: "token", method, path: "/api/plugins/cache", status }]);
    }
  });

  test.each(CASES)("%s, without a token: all is %d", async (field, status) => {
    expect((await ask({}, `GET /api/plugins/cache HTTP/1.1\r\n${field}\r\n`)).status).toBe(status);
    const asked = await ask({}, `POST /api/plugins/cache HTTP/1.1\r\n${field}\r\n`);
    expect(asked.status).toBe(status);
    expect(asked.actions).toMatchObject([{ who: "local", method: "POST", path: "/api/plugins/cache", status }]);
  });

  test("may be linked from where a token is needed: what is only read needs it anyway", async () => {
    const head = `GET /api/routes HTTP/1.1\r\n${BEARER}Sec-Fetch-Site: cross-site\r\n`;
    expect((await ask(TOKEN, head)).status).toBe(200);
  });
});

describe("the type of a body", () => {
  const post = (fields: string, body = "a=1") => ask({}, `POST /api/plugins/cache HTTP/1.1\r\n${fields}`, body);
  const page = "Sec-Fetch-Site: same-origin\r\n";

  test.each([
    "application/x-www-form-urlencoded",
    "text/plain",
    "multipart/form-data; boundary=x",
    "application/jsonp",
    "",
  ])("%p is not taken from a browser", async (type) => {
    const field = type === "" ? "" : `Content-Type: ${type}\r\n`;
    expect((await post(`${page}${field}`)).status).toBe(415);
    expect((await post(`Origin: http://localhost:PORT\r\n${field}`)).status).toBe(415);
    expect((await post(field)).status).toBe(200);
    expect((await post(`${page}${field}`, "")).status).toBe(200);
  });

  test.each(["application/json", "Application/JSON; charset=utf-8"])("%p is", async (type) => {
    expect((await post(`${page}Content-Type: ${type}\r\n`)).status).toBe(200);
  });
});

test("a stranger is answered before a byte of a body is kept", async () => {
  await using admin = startTestAdmin({}, TOKEN);
  for (const path of ["/api/reload", "/api/plugins/cache", "/", "/dashboard/app.js", "/health/live"]) {
    // The body never comes: whoever waited for it would not answer.
    const head = `POST ${path} HTTP/1.1\r\nHost: localhost:${admin.port}\r\nContent-Length: 1000000\r\n\r\n`;
    const { status } = await exchange(admin.port, head);
    expect([path, status]).toEqual([path, path.startsWith("/api/") ? 401 : 405]);
  }
});

describe("guesses of the token", () => {
  test("are bounded, and said to be, while others go on", async () => {
    await using admin = startTestAdmin({}, TOKEN);
    const statusOf = async (token: string) =>
      (await admin.get("/api/routes", { authorization: `Bearer ${token}` })).status;
    for (let i = 0; i < 10; i++) expect(await statusOf(`guess-${i}`)).toBe(401);
    const refused = await admin.get("/api/routes", { authorization: "Bearer t0ken" });
    expect(refused.status).toBe(429);
    expect(Number(refused.headers.get("retry-after"))).toBeWithin(1, 7);
    expect(await refused.json()).toMatchObject({ code: "rate_limited" });
    expect((await admin.get("/health/ready")).status).toBe(200);
    expect((await admin.get("/api/routes")).status).toBe(401);
    const lines = admin.logs.map((line) => JSON.parse(line).msg);
    expect(lines.filter((msg) => msg === "a wrong admin token was refused")).toHaveLength(10);
    expect(lines.filter((msg) => msg === "too many wrong admin tokens: the address has to wait")).toHaveLength(1);
    expect(admin.logs.join()).not.toContain("guess");
  });

  test("that are none, or right, cost nothing", async () => {
    await using admin = startTestAdmin({}, TOKEN);
    for (let i = 0; i < 30; i++) {
      expect((await admin.get("/api/routes")).status).toBe(401);
      expect((await admin.get("/api/routes", { authorization: "Bearer t0ken" })).status).toBe(200);
    }
  });
});

describe("what was asked for", () => {
  test("is noted and logged, without queries and bodies, whatever came of it", async () => {
    const query = "url=https://x.example/?token=s3cret";
    const asked = await ask(TOKEN, `DELETE /api/plugins/cache/x?${query} HTTP/1.1\r\n${BEARER}`, '{"token":"s3cret"}');
    const action = { who: "token", from: "127.0.0.1", method: "DELETE", path: "/api/plugins/cache/x", status: 200 };
    expect(asked.actions).toEqual([{ at: expect.stringMatching(/^\d{4}-\d\d-\d\dT/), ...action }]);
    expect(asked.logs.map((line) => JSON.parse(line))).toMatchObject([
      { level: "info", msg: "an admin action", ...action },
    ]);
    expect(JSON.stringify(asked)).not.toContain("s3cret");
    const failed = await ask(TOKEN, `POST /api/plugins/none HTTP/1.1\r\n${BEARER}`);
    expect(failed.actions).toMatchObject([{ path: "/api/plugins/none", status: 404 }]);
  });

  test("by a page of the port itself, of the wrong type, is noted as refused", async () => {
    const head = `POST /api/plugins/cache HTTP/1.1\r\n${BEARER}Sec-Fetch-Site: same-origin\r\n`;
    expect((await ask(TOKEN, head, "a=1")).actions).toMatchObject([{ status: 415 }]);
  });

  test("is not noted where nothing could change, nor of a stranger", async () => {
    for (const head of [`GET /api/plugins/cache HTTP/1.1\r\n${BEARER}`, "POST /api/plugins/cache HTTP/1.1\r\n"]) {
      const asked = await ask(TOKEN, head);
      expect([asked.actions, asked.logs]).toEqual([[], []]);
    }
    expect((await ask({}, "POST /api/plan HTTP/1.1\r\n")).actions).toEqual([]);
  });

  test("is kept 500 deep, the latest first", async () => {
    await using admin = startTestAdmin();
    const post = (i: number) => fetch(`http://127.0.0.1:${admin.port}/api/plugins/none/${i}`, { method: "POST" });
    for (let i = 0; i < 510; i++) await post(i);
    const { actions } = (await (await admin.get("/api/audit")).json()) as {
      actions: readonly { path: string; who: string }[];
    };
    expect(actions).toHaveLength(500);
    expect(actions[0]).toMatchObject({ path: "/api/plugins/none/509", who: "local" });
    expect(actions.at(-1)).toMatchObject({ path: "/api/plugins/none/10" });
  });
});

test("every answer says that it is not to be framed, sniffed, stored or shared", async () => {
  await using admin = startTestAdmin({}, TOKEN);
  admin.apps
    .of("cache")
    .get("/", () => new Response("x", { headers: { "content-security-policy": "default-src 'none'" } }));
  const raw = [
    "GET /health/live HTTP/1.1\r\nHost: a\r\n\r\n",
    "GET /api/routes HTTP/1.1\r\nHost: a\r\n\r\n",
    `GET /api/routes HTTP/1.1\r\nHost: a\r\n${BEARER}\r\n`,
    `GET /metrics HTTP/1.1\r\nHost: a\r\n${BEARER}\r\n`,
    `GET /nope HTTP/1.1\r\nHost: a\r\n${BEARER}\r\n`,
    `GET /api/log?level=x HTTP/1.1\r\nHost: a\r\n${BEARER}\r\n`,
    "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
    "GET / HTTP/1.1\r\nHost: [::1].evil\r\n\r\n",
    `POST /api/plan HTTP/1.1\r\nHost: a\r\n${BEARER}Content-Length: 9999999\r\n\r\n`,
  ];
  for (const request of raw) {
    const reply = await exchange(admin.port, request);
    expect([request, reply.header("x-content-type-options")]).toEqual([request, "nosniff"]);
    expect(reply.header("content-security-policy")).toContain("frame-ancestors 'none'");
    expect(reply.header("cache-control")).toBe("no-store");
    expect(reply.header("access-control-allow-origin")).toBeUndefined();
  }
  const own = await admin.get("/api/plugins/cache", { authorization: "Bearer t0ken" });
  expect(own.headers.get("content-security-policy")).toBe("default-src 'none'");
});
