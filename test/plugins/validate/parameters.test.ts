import { beforeAll, describe, expect, test } from "bun:test";
import type { PluginTest } from "../../../src/testing.ts";
import { ask, validator } from "./support.ts";

let t: PluginTest;
beforeAll(async () => {
  t = await validator();
});

describe("a path", () => {
  test.each([
    ["/v1/things/7", "200"],
    ["/things/7", "200"],
    ["/v1/things/0", "path id"],
    ["/v1/things/x", "path id"],
    ["/v1/things/07", "path id"],
    ["/v1/things/1e999", "path id"],
    ["/v1/things/%37", "200"],
    ["/v1/things/latest", "200"],
    ["/v1/files/a.txt", "200"],
    ["/v1/files/a.gif", "path kind"],
    ["/v1/files/long-name.txt", "path name"],
    ["/v1/lists/1,2/x=1,y=true", "200"],
    ["/v1/lists/1,2,3,4/x=1", "path ids"],
    ["/v1/lists/1,b/x=1", "path ids/1"],
    ["/v1/lists/1%2C2/x=1", "200"],
    ["/v1/lists/1%2Cb/x=1", "path ids/0"],
    ["/v1/lists/1/y=false", "path at/x"],
    ["/v1/lists/1/x=1,z=2", "path at/z"],
    ["/v1/lists/1/x=1,__proto__=2", "path at/__proto__"],
  ])("%s: %s", async (path, expected) => {
    const { outcome, places } = await ask(t, { path });
    expect(outcome === "200" ? [outcome] : places).toEqual([expected]);
    if (outcome !== "200") expect(outcome).toBe("422 validation_failed");
  });
});

describe("a query", () => {
  test.each([
    ["", "200"],
    ["many=1&many=2", "200"],
    ["many=1", "200"],
    ["many=1&many=b", "query many/1"],
    ["many=1&many=2&many=3&many=4", "query many"],
    ["many=1,2", "query many/0"],
    ["commas=1,2", "200"],
    ["commas=", "200"],
    ["commas=1,b", "query commas/1"],
    ["commas=1&commas=2", "query commas"],
    ["spaces=1%202", "200"],
    ["spaces=1+2", "200"],
    ["spaces=1%20b", "query spaces/1"],
    ["pipes=1|2", "200"],
    ["pipes=1%7C2", "200"],
    ["pipes=1|b", "query pipes/1"],
    ["deep[x]=1&deep[y]=true", "200"],
    ["deep%5Bx%5D=1", "200"],
    ["deep[x]=1&deep[y]=2", "query deep/y"],
    ["deep[y]=true", "query deep/x"],
    ["deep[x]=1&deep[z]=1", "query deep/z"],
    ["deep[x]=1&deep[constructor]=1", "query deep/constructor"],
    ["deep[x]=1&deep[__proto__]=1", "query deep/__proto__"],
    ["flat=x,1,y,true", "200"],
    ["flat=x,a", "query flat/x"],
    ["x=1&y=true", "200"],
    ["x=a", "query spread/x"],
    ["flag=true", "200"],
    ["flag=null", "200"],
    ["flag=", "200"],
    ["flag=maybe", "query flag"],
    ["flag=true&flag=false", "query flag"],
    ["rate=1.5e3", "200"],
    ["rate=1,5", "query rate"],
    ["rate=0x10", "query rate"],
    ["rate=1e999", "query rate"],
    ["rate=NaN", "query rate"],
    [`rate=${"9".repeat(500)}`, "query rate"],
    ["code=12345", "200"],
    ["code=ab", "200"],
    ["on=2026-02-28", "200"],
    ["on=2026-02-30", "query on"],
    ["size=x", "query size"],
    ["empty=", "200"],
    ["empty=x", "query empty"],
    ['filter={"x":1}', "200"],
    ['filter={"x":"1"}', "query filter/x"],
    ["filter=x", "query filter"],
    ["unknown=1", "200"],
    ["%72ate=x", "query rate"],
  ])("%s: %s", async (query, expected) => {
    const { outcome, places } = await ask(t, { path: `/v1/search?${query}` });
    expect(outcome === "200" ? [outcome] : [...new Set(places)]).toEqual([expected]);
    if (outcome !== "200") expect(outcome).toBe("422 validation_failed");
  });

  test("with a malformed escape is 400", async () => {
    for (const query of ["rate=%", "rate=%ff", "%zz=1", "many=%C3"]) {
      const { outcome, detail } = await ask(t, { path: `/v1/search?${query}` });
      expect([query, outcome]).toEqual([query, "400 bad_request"]);
      expect(detail).toContain("percent");
    }
  });

  test("with more fields than there can be is 400", async () => {
    const { outcome } = await ask(t, { path: `/v1/search?${"a&".repeat(10_001)}` });
    expect(outcome).toBe("400 bad_request");
  });
});

describe("headers and cookies", () => {
  test.each([
    [{ "x-ids": "1, 2" }, "200"],
    [{ "x-ids": "1, b" }, "header X-Ids/1"],
    [{ cookie: "seen=3; other=x" }, "200"],
    [{ cookie: "seen=x" }, "cookie seen"],
    [{ cookie: "seen=1; seen=2" }, "cookie seen"],
    [{ accept: "text/html" }, "200"],
  ])("%j: %s", async (headers: Record<string, string>, expected) => {
    const { outcome, places } = await ask(t, { path: "/v1/search", headers });
    expect(outcome === "200" ? [outcome] : places).toEqual([expected]);
  });

  test("that are required, or there twice", async () => {
    const request = (headers: [string, string][]) =>
      ask(t, {
        method: "POST",
        path: "/v1/things/1",
        headers: [["content-type", "application/json"], ...headers],
        body: '{"name":"a","secret":"s"}',
      });
    expect(await request([["x-level", "low"]])).toMatchObject({ outcome: "200" });
    expect(await request([])).toMatchObject({
      errors: [{ parameter: "X-Level", in: "header", detail: "is required" }],
    });
    const twice = await request([
      ["x-level", "low"],
      ["x-level", "high"],
    ]);
    expect(twice.errors).toEqual([{ parameter: "X-Level", in: "header", detail: "is given more than once" }]);
    const other = await request([["x-level", "medium"]]);
    expect(other.errors).toEqual([{ parameter: "X-Level", in: "header", detail: 'must be one of "low", "high"' }]);
  });
});

test("all faults are told at once, and no value is repeated", async () => {
  const { errors } = await ask(t, {
    path: "/v1/search?rate=secret&flag=secret&on=secret",
    headers: { cookie: "seen=secret" },
  });
  expect(errors.map(({ parameter }) => parameter).sort()).toEqual(["flag", "on", "rate", "seen"]);
  expect(JSON.stringify(errors)).not.toContain("secret");
});
