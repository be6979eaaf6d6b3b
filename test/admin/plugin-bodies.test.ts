import { describe, expect, test } from "bun:test";
import { t } from "elysia";
import { startTestAdmin } from "./setup.ts";

/* A plugin's endpoint may read its body in many ways; what cannot be read is the client's fault in all of them. */

const PATHS = ["/auto", "/schema", "/json", "/own"];

async function post(path: string, type: string, body: string) {
  await using admin = startTestAdmin();
  const app = admin.apps.of("p");
  app.post("/auto", ({ body }) => ({ got: body }));
  app.post("/schema", ({ body }) => ({ got: body }), { body: t.Object({ a: t.Number() }) });
  app.post("/json", ({ body }) => ({ got: body }), { parse: "json" });
  app.post("/own", async ({ request }) => ({ got: await request.json() }), { parse: "none" });
  app.post("/form", async ({ request }) => ({ got: [...(await request.formData()).keys()] }), { parse: "none" });
  app.post("/bug", () => JSON.parse("{"), { parse: "none" });
  const url = `http://127.0.0.1:${admin.port}/api/plugins/p${path}`;
  const response = await fetch(url, { method: "POST", body, headers: { "content-type": type } });
  return { status: response.status, body: (await response.json()) as object, logs: admin.logs };
}

describe("a body that is no JSON", () => {
  test.each(["{", '{"a":1', "{'a':1}", "[1,]", '{"a":1}x', "\u0000"])("%j is 400 for every endpoint", async (body) => {
    for (const path of PATHS) {
      const answer = await post(path, "application/json", body);
      expect([path, answer.status]).toEqual([path, 400]);
      expect(answer.body).toMatchObject({ code: "bad_request", detail: "The body is no JSON" });
      expect(answer.logs.join()).not.toContain('"level":"error"');
    }
  });

  test("is read where it is some", async () => {
    for (const path of PATHS) {
      expect(await post(path, "application/json", '{"a":1}')).toMatchObject({ status: 200, body: { got: { a: 1 } } });
    }
    expect(await post("/schema", "application/json", '{"a":"x"}')).toMatchObject({ status: 422 });
  });
});

test("a form that is none is 400", async () => {
  for (const path of ["/auto", "/form"]) {
    expect(await post(path, "multipart/form-data; boundary=x", "zzz")).toMatchObject({ status: 400 });
  }
  expect(await post("/form", "application/x-www-form-urlencoded", "a=1&b=2")).toMatchObject({
    body: { got: ["a", "b"] },
  });
});

test("a plugin's own mistake stays 500, and is logged", async () => {
  const answer = await post("/bug", "application/json", "{}");
  expect(answer).toMatchObject({ status: 500, body: { code: "internal" } });
  expect(answer.logs.join()).toContain("an admin endpoint failed");
});
