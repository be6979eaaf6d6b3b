import { describe, expect, test } from "bun:test";
import { Reply } from "../../../src/plugin.ts";
import { ask, driftOf, validator } from "./support.ts";

describe("drift", () => {
  test("is what the service answers to and does not document", async () => {
    const t = await validator({ requests: "enforce" });
    const send = (method: string, path: string, status = 200) => t.request({ method, path }, () => new Reply(status));
    await send("GET", "/v1/secret/1234/files/0f3c9a7be1d24d6f/me@example.com/plain");
    await send("GET", "/v1/nothing", 404);
    await send("DELETE", "/v1/things/1");
    await send("OPTIONS", "/v1/things/1");
    await send("GET", "/v1/search?verbose=1&rate=2&deep[x]=1&x=1&__proto__=1");
    await send("GET", "/v1/search?verbose=1");
    await send("GET", "/v1/search?refused=1", 418);
    await send("GET", "/v1/things/1", 404);
    await send("GET", "/v1/things/1", 302);
    await send("HEAD", "/v1/things/1");
    const { drift, others } = await driftOf(t);
    expect(drift.map(({ kind, what, count }) => `${kind} ${what} ${count}`).sort()).toEqual([
      "method DELETE /things/{id} 1",
      "parameter GET /search ?__proto__ 1",
      "parameter GET /search ?verbose 2",
      "path GET /v1/secret/{}/files/{}/{}/plain 1",
      "status GET /search 418 1",
      "status GET /things/{id} 302 1",
    ]);
    expect(others).toBe(0);
    expect(t.metrics.value("drift_total", { service: "test", kind: "parameter" })).toBe(3);
    expect((await t.admin.handle(new Request("http://admin/", { method: "DELETE" }))).status).toBe(204);
    expect((await driftOf(t)).drift).toEqual([]);
  });

  test("has a bound, and outlives a reload", async () => {
    const t = await validator();
    for (let i = 0; i < 150; i++)
      await t.request({ path: `/v1/search?name-${String.fromCharCode(97 + (i % 26))}${i}=1` });
    const again = await t.again();
    const { drift, others } = await driftOf(again);
    expect([drift.length, others]).toEqual([100, 50]);
  });

  test("is refused where the route says so", async () => {
    const t = await validator({ undocumented: "refuse" });
    expect(await ask(t, { path: "/v1/nothing" })).toMatchObject({ outcome: "404 route_not_found" });
    const { reply } = await t.request({ method: "DELETE", path: "/v1/things/1" });
    expect([reply.status, reply.headers.get("allow")]).toEqual([405, "GET, POST"]);
    expect(await ask(t, { path: "/v1/things/1" })).toMatchObject({ outcome: "200" });
  });
});
