import { beforeAll, describe, expect, test } from "bun:test";
import type { PluginTest } from "../../../src/testing.ts";
import { cpuMs } from "../../support/cpu-time.ts";
import { ask, validator } from "./support.ts";

let t: PluginTest;
beforeAll(async () => {
  t = await validator();
});

const HEADERS = { "x-level": "low", "content-type": "application/json" };
const thing = (body: string | Uint8Array, headers: Record<string, string> = {}, on = t) =>
  ask(on, { method: "POST", path: "/v1/things/1", headers: { ...HEADERS, ...headers }, body });
const GOOD = { name: "a", secret: "s" };
const nested = (depth: number): object => (depth === 0 ? GOOD : { ...GOOD, parent: nested(depth - 1) });

describe("a JSON body", () => {
  test.each([
    [GOOD, "200", []],
    [{ ...GOOD, email: "a@example.com", price: 19.99, parent: GOOD }, "200", []],
    [{ name: "a" }, "422 validation_failed", ["/secret"]],
    [{ ...GOOD, name: "" }, "422 validation_failed", ["/name"]],
    [{ ...GOOD, name: 5, email: "x" }, "422 validation_failed", ["/name", "/email"]],
    [{ ...GOOD, price: 19.999 }, "422 validation_failed", ["/price"]],
    [{ ...GOOD, more: 1, "a/b~": 2 }, "422 validation_failed", ["/more", "/a~1b~0"]],
    [[], "422 validation_failed", [""]],
    [null, "422 validation_failed", [""]],
  ])("%j: %s at %j", async (value, outcome, places) => {
    const verdict = await thing(JSON.stringify(value));
    expect(verdict.outcome).toBe(outcome);
    expect([...new Set(verdict.places)].sort()).toEqual(places.toSorted());
  });

  test("within another", async () => {
    const { places } = await thing(JSON.stringify({ ...GOOD, parent: { ...GOOD, parent: { name: "a" } } }));
    expect(places).toContain("/parent/parent/secret");
  });

  test.each([
    ["malformed", '{"name":', "JSON"],
    ["empty but for blanks", "  ", "JSON"],
    ["with a name twice", '{"name":"a","secret":"s","n\\u0061me":"b"}', "twice"],
    ["with a name twice further in", '{"name":"a","secret":"s","parent":{"x":1, "x" :2}}', "twice"],
    ["nested too deep", "[".repeat(100_000), "deeper"],
    ["nested too deep, and whole", `${"[".repeat(101)}${"]".repeat(101)}`, "deeper"],
    ["that is no UTF-8", Buffer.from([0x22, 0xff, 0x22]), "UTF-8"],
  ])("%s is 400", async (_, body, detail) => {
    const verdict = await thing(body);
    expect(verdict.outcome).toBe("400 bad_request");
    expect(verdict.detail).toContain(detail);
  });

  test("may be nested as deep as the bound, also where its schema goes along", async () => {
    expect((await thing(JSON.stringify(nested(99)))).outcome).toBe("200");
    expect((await thing(JSON.stringify(nested(100)))).outcome).toBe("400 bad_request");
  });

  test("whose numbers are no finite ones is refused", async () => {
    const { outcome, places } = await thing('{"name":"a","secret":"s","price":1e999}');
    expect([outcome, places]).toEqual(["422 validation_failed", ["/price"]]);
    expect((await thing(`{"name":"a","secret":"s","price":${"9".repeat(400)}}`)).outcome).toBe("422 validation_failed");
  });

  test("has no property that it does not have itself", async () => {
    const schema = { type: "object", required: ["toString"], properties: { constructor: { type: "integer" } } };
    const media = { "application/json": { schema } };
    const document = {
      openapi: "3.0.3",
      info: { title: "a", version: "1" },
      paths: { "/a": { post: { requestBody: { content: media }, responses: {} } } },
    };
    const own = await validator({}, document);
    const send = (body: string) =>
      ask(own, { method: "POST", path: "/a", headers: { "content-type": "application/json" }, body });
    expect(await send("{}")).toMatchObject({ places: ["/toString"] });
    expect(await send('{"toString":1}')).toMatchObject({ outcome: "200" });
    expect(await send('{"toString":1,"__proto__":{"constructor":"x"}}')).toMatchObject({ outcome: "200" });
    expect(await send('{"toString":1,"constructor":"x"}')).toMatchObject({ places: ["/constructor"] });
  });

  test("against a pattern that others take years for is refused at once", async () => {
    const refuse = async () => {
      const { places } = await thing(JSON.stringify({ ...GOOD, code: `${"a".repeat(5_000)}!` }));
      expect(places).toEqual(["/code"]);
    };
    expect(await cpuMs(refuse)).toBeLessThan(5_000);
    expect((await thing(JSON.stringify({ ...GOOD, code: "a".repeat(5_000) }))).outcome).toBe("200");
  });

  test("has so many faults told at most, and of a large one the first alone", async () => {
    const many = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, i) => [`unknown-${i}`, i]));
    expect((await thing(JSON.stringify({ ...GOOD, ...many(50) }))).errors).toHaveLength(20);
    expect((await thing(JSON.stringify({ ...GOOD, ...many(10_000) }))).errors).toHaveLength(1);
  });
});

describe("the type of a body", () => {
  test.each([
    ["application/json", "200"],
    ["Application/JSON; Charset=UTF-8", "200"],
    ['application/json; charset="utf-8"', "200"],
    ["application/json; charset=utf-16", "415 unsupported_media_type"],
    ["application/xml", "415 unsupported_media_type"],
    ["json", "415 unsupported_media_type"],
    ["", "415 unsupported_media_type"],
  ])("%s: %s", async (type, outcome) => {
    const verdict = await thing(JSON.stringify(GOOD), { "content-type": type });
    expect(verdict.outcome).toBe(outcome);
    if (outcome !== "200") expect(verdict.detail).toBe("The body must be of type application/json");
  });

  test("that is missing is none of the document's", async () => {
    const headers = { "x-level": "low" };
    const verdict = await ask(t, { method: "POST", path: "/v1/things/1", headers, body: "{}" });
    expect(verdict.outcome).toBe("415 unsupported_media_type");
  });

  test("that is there twice is 400", async () => {
    const headers: [string, string][] = [
      ["x-level", "low"],
      ["content-type", "application/json"],
      ["content-type", "text/plain"],
    ];
    const verdict = await ask(t, { method: "POST", path: "/v1/things/1", headers, body: "{}" });
    expect(verdict.outcome).toBe("400 bad_request");
  });

  test.each([
    ["text/plain", "short", "200"],
    ["text/plain", "too long", "422 validation_failed"],
    ["text/html", "whatever it is", "200"],
    ["application/octet-stream", "{", "200"],
    ["application/vnd.a+json", "{}", "200"],
    ["application/vnd.a+json", "[]", "422 validation_failed"],
    ["application/xml", "<a/>", "200"],
    ["image/png", "x", "415 unsupported_media_type"],
  ])("%s with %s: %s", async (type, body, outcome) => {
    expect(await ask(t, { method: "POST", path: "/v1/raw", headers: { "content-type": type }, body })).toMatchObject({
      outcome,
    });
  });

  test("in a coding is 415, for nobody could check it", async () => {
    const { outcome } = await thing(Bun.gzipSync(JSON.stringify(GOOD)), { "content-encoding": "gzip" });
    expect(outcome).toBe("415 unsupported_media_type");
    expect((await thing(JSON.stringify(GOOD), { "content-encoding": "identity" })).outcome).toBe("200");
  });
});

describe("a form", () => {
  test.each([
    ["age=7", []],
    ["age=7&tags=1&tags=2", []],
    ["age=7&at=%7B%22x%22%3A1%7D", []],
    ["age=7&flat[x]=1", []],
    ["age=x", ["/age"]],
    ["age=7&age=8", ["/age"]],
    ["tags=1", ["/age"]],
    ["age=7&tags=1&tags=b", ["/tags/1"]],
    ["age=7&at=%7B%22x%22%3A%221%22%7D", ["/at/x"]],
    ["age=7&flat[x]=a", ["/flat/x"]],
    ["age=7&other=1", ["/other"]],
    ["age=7&__proto__=1", ["/__proto__"]],
    // Services take such names for parts of age and tags.
    ["age=7&age[$ne]=1", ["/age[$ne]"]],
    ["age=7&tags[]=x", ["/tags[]"]],
  ])("%s: %j", async (body, places) => {
    const headers = { "content-type": "application/x-www-form-urlencoded" };
    const verdict = await ask(t, { method: "POST", path: "/v1/form", headers, body });
    expect([...new Set(verdict.places)]).toEqual(places);
    expect(verdict.outcome).toBe(places.length === 0 ? "200" : "422 validation_failed");
  });

  test("that cannot be read is 400", async () => {
    const headers = { "content-type": "application/x-www-form-urlencoded" };
    for (const body of ["age=%", "age=%ff", "age=7&at={"]) {
      const verdict = await ask(t, { method: "POST", path: "/v1/form", headers, body });
      expect([body, verdict.outcome]).toEqual([body, "400 bad_request"]);
    }
  });
});

describe("the size of a body", () => {
  const stream = (text: string) => new Response(text).body ?? undefined;
  const send = (on: PluginTest, body: string, isStream: boolean) => {
    const content = isStream ? stream(body) : body;
    return ask(on, {
      method: "POST",
      path: "/v1/things/1",
      headers: HEADERS,
      ...(content !== undefined && { body: content }),
    });
  };

  test("is bounded where it is read: 413", async () => {
    const small = await validator({ "max-body": "40b" });
    const fits = JSON.stringify(GOOD);
    const over = JSON.stringify({ ...GOOD, name: "a".repeat(40) });
    for (const isStream of [false, true]) {
      expect((await send(small, fits, isStream)).outcome).toBe("200");
      expect((await send(small, over, isStream)).outcome).toBe("413 payload_too_large");
      expect((await send(small, '{"name":1}', isStream)).places).toEqual(["/secret", "/name"]);
    }
  });

  test("is of no matter where nobody reads it", async () => {
    const small = await validator({ "max-body": "40b" });
    const headers = { "content-type": "application/octet-stream" };
    expect((await ask(small, { method: "POST", path: "/v1/raw", headers, body: "x".repeat(1_000) })).outcome).toBe(
      "200",
    );
  });

  test("of nothing is missing where one is required", async () => {
    for (const body of [undefined, stream("")]) {
      const verdict = await ask(t, { method: "POST", path: "/v1/things/1", headers: HEADERS, ...(body && { body }) });
      expect(verdict.errors).toEqual([{ pointer: "", detail: "a body is required" }]);
    }
    expect((await ask(t, { method: "POST", path: "/v1/raw" })).outcome).toBe("200");
  });
});
