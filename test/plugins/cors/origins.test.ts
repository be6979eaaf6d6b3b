import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import cors from "../../../plugins/cors/index.ts";
import { compileOrigins } from "../../../plugins/cors/origins.ts";
import { Reply } from "../../../src/plugin.ts";
import { testPlugin } from "../../../src/testing.ts";

describe("which origins are allowed", () => {
  test.each([
    ["https://app.example.com", "https://app.example.com", true],
    ["https://app.example.com", "http://app.example.com", false],
    ["https://app.example.com", "https://app.example.com:8443", false],
    ["https://app.example.com", "https://app.example.com.evil.example", false],
    ["https://app.example.com", "https://app.example.com/", false],
    ["https://app.example.com", "https://APP.example.com", false],
    ["https://app.example.com:443", "https://app.example.com", true],
    ["http://localhost:80", "http://localhost", true],
    ["http://localhost:443", "http://localhost:443", true],
    ["http://[::1]:3000", "http://[::1]:3000", true],
    ["capacitor://localhost", "capacitor://localhost", true],
    ["https://*.example.com", "https://a.example.com", true],
    ["https://*.example.com", "https://a.b.example.com", true],
    ["https://*.example.com", "https://example.com", false],
    ["https://*.example.com", "https://.example.com", false],
    ["https://*.example.com", "https://a..example.com", false],
    ["https://*.example.com", "https://evilexample.com", false],
    ["https://*.example.com", "http://a.example.com", false],
    ["https://*.example.com", "https://a.example.com:8443", false],
    ["https://*.example.com", "https://evil.example/.example.com", false],
    ["https://*.example.com", "https://evil.example#.example.com", false],
    ["https://*.example.com", "https://user@a.example.com", false],
    ["https://*.example.com", "https://evil.example:1.example.com", false],
    ["https://*.example.com:443", "https://a.example.com", true],
    ["https://*.example.com:8443", "https://a.example.com:8443", true],
    ["https://*.example.com", `https://${"a.".repeat(200)}example.com`, false],
    ["~https://pr-\\d+\\.example\\.com", "https://pr-12.example.com", true],
    ["~https://pr-\\d+\\.example\\.com", "https://pr-12.example.com.evil.example", false],
    ["~https://pr-\\d+\\.example\\.com", "https://evil.example/https://pr-12.example.com", false],
    ["~https://a\\.example|https://b\\.example", "https://b.example", true],
    ["~https://a\\.example|https://b\\.example", "https://a.example.evil.example", false],
    ["~.*", `https://${"a".repeat(400)}`, false],
    ["null", "null", true],
    ["https://app.example.com", "null", false],
    ["~https://.*", "null", false],
  ])("%s: %s %p", (written, origin, isAllowed) => {
    expect(compileOrigins([written])(origin)).toBe(isAllowed);
  });

  test("one of several is enough, whatever its kind", () => {
    const allows = compileOrigins(["https://a.example", "https://*.b.example", "~http://localhost:\\d+"]);
    const origins = ["https://a.example", "https://x.b.example", "http://localhost:3000", "https://c.example"];
    expect(origins.map(allows)).toEqual([true, true, true, false]);
  });
});

describe("what no browser sends is refused at load", () => {
  test.each([
    "https://app.example.com/",
    "https://app.example.com/path",
    "https://App.example.com",
    "app.example.com",
    "https://",
    "https://*",
    "https://a.*.example.com",
    "https://user@example.com",
    "https://example.com:port",
    "https://bücher.example",
    "Null",
    "~",
    "",
  ])("%j", async (origin) => {
    const refused = testPlugin(cors, { origins: ["https://a.example", origin] });
    await expect(refused).rejects.toThrow("origins[1]: expected an origin as browsers send it");
  });

  test.each(["~(", "~a)|(b", "~[z-a]"])("%j", async (origin) => {
    await expect(testPlugin(cors, { origins: [origin] })).rejects.toThrow(
      `origins: ${JSON.stringify(origin)} is no regular expression: `,
    );
  });
});

describe("whatever comes", () => {
  const ALLOWED = ["https://app.example.com", "https://*.example.org", "~https://pr-\\d+\\.example\\.net"];

  /** Written once more, without a line of the plugin's. */
  function isAllowed(origin: string): boolean {
    if (origin === "https://app.example.com" || /^https:\/\/pr-[0-9]+\.example\.net$/.test(origin)) return true;
    return /^https:\/\/([a-z0-9_-]+\.)+example\.org$/.test(origin) && origin.length <= 320;
  }

  const visible = fc.constantFrom(...Array.from({ length: 94 }, (_, i) => String.fromCharCode(33 + i)));
  const part = fc.oneof(
    fc.constantFrom(
      ..."https:// http:// null app. pr-7. x. .example .com .org .net example.com example.org".split(" "),
    ),
    fc.constantFrom("https://app.example.com", "https://a.example.org", "https://pr-1.example.net", ", ", "."),
    visible,
  );
  const origin = fc.array(part, { minLength: 1, maxLength: 6 }).map((parts) => parts.join("").trim());
  const fromService = fc.array(
    fc.tuple(
      fc.constantFrom("access-control-allow-origin", "access-control-allow-credentials", "vary", "x-other"),
      fc.oneof(origin, fc.constantFrom("*", "true", "origin", "accept")),
    ),
    { maxLength: 5 },
  );
  const method = fc.constantFrom("GET", "POST", "OPTIONS");

  test("there is one Allow-Origin at most, and it names the origin that asked and is allowed", async () => {
    const t = await testPlugin(cors, { origins: ALLOWED, credentials: true });
    const property = fc.asyncProperty(
      fc.array(origin, { maxLength: 2 }),
      method,
      fc.boolean(),
      fromService,
      async (origins, verb, isAsking, lines) => {
        const headers = origins.map((one): [string, string] => ["origin", one]);
        if (isAsking) headers.push(["access-control-request-method", "PUT"]);
        const { reply } = await t.request({ method: verb, headers }, () => {
          const answer = new Reply(200);
          for (const [name, value] of lines) answer.headers.append(name, value);
          return answer;
        });
        const asked = origins.join(", ");
        const expected = origins.length > 0 && isAllowed(asked) ? [asked] : [];
        expect(reply.headers.getAll("access-control-allow-origin")).toEqual(expected);
        expect(reply.headers.getAll("access-control-allow-credentials")).toEqual(expected.map(() => "true"));
        const vary = (reply.headers.get("vary") ?? "").toLowerCase().split(/\s*,\s*/);
        expect(vary.includes("*") || vary.includes("origin")).toBe(true);
      },
    );
    await fc.assert(property, { numRuns: 500 });
  });

  test("the property meets allowed origins", () => {
    const some = fc.sample(origin, { numRuns: 500, seed: 1 });
    expect(some.filter(isAllowed).length).toBeGreaterThan(5);
  });
});
