import { describe, expect, test } from "bun:test";
import { GatewayError } from "../../src/errors.ts";
import { HeaderList } from "../../src/message/headers.ts";
import { jsonValue } from "../../src/observe/json-value.ts";

const OPTIONS = { isSecret: (name: string) => name === "secret", hasStack: false };

function written(value: unknown, options = OPTIONS): unknown {
  const text = jsonValue(value, options);
  expect(text).not.toContain("\n");
  return JSON.parse(text);
}

describe("values that JSON cannot hold", () => {
  test.each([
    ["a big integer", 12n ** 30n, `${12n ** 30n}`],
    ["not a number", Number.NaN, "NaN"],
    ["infinity", Number.NEGATIVE_INFINITY, "-Infinity"],
    ["a symbol", Symbol("s"), "Symbol(s)"],
    ["undefined", undefined, "undefined"],
    ["a function", function named() {}, "[function named]"],
    ["a date", new Date(0), "1970-01-01T00:00:00.000Z"],
    ["an invalid date", new Date(Number.NaN), null],
    ["a URL", new URL("http://x/y"), "http://x/y"],
    ["octets", new Uint8Array(5), "[5 bytes]"],
    ["a buffer", new ArrayBuffer(6), "[6 bytes]"],
    ["a set", new Set([1, "a"]), [1, "a"]],
    ["a map", new Map<unknown, unknown>([[1, { a: 2n }]]), { 1: { a: "2" } }],
    ["undefined inside", { a: undefined, b: [undefined] }, { b: ["undefined"] }],
    ["an object without prototype", Object.create(null), {}],
  ])("%s", (_, value, expected) => {
    expect(written(value)).toEqual(expected);
  });

  test("a header list is an object of joined values, with its secrets hidden", () => {
    const headers = HeaderList.of([
      ["a", "1"],
      ["secret", "s"],
      ["a", "2"],
    ]);
    expect(written(headers)).toEqual({ a: "1, 2", secret: "[redacted]" });
  });
});

describe("objects without end", () => {
  test("a cycle is cut where it closes; the same object twice is no cycle", () => {
    const shared = { n: 1 };
    const loop: Record<string, unknown> = { first: shared, second: shared };
    loop.self = { inner: [loop] };
    expect(written(loop)).toEqual({ first: { n: 1 }, second: { n: 1 }, self: { inner: ["[circular]"] } });
  });

  test("a deep one is cut", () => {
    let deep: unknown = "bottom";
    for (let i = 0; i < 10_000; i++) deep = [deep];
    expect(jsonValue(deep, OPTIONS)).toBe(`${"[".repeat(8)}"[too deep]"${"]".repeat(8)}`);
  });

  test("a long one is cut, whatever it is", () => {
    const long = Array.from({ length: 10_000 }, (_, index) => index);
    expect(written(long)).toEqual([...long.slice(0, 200), "[more]"]);
    expect(Object.keys(written(Object.fromEntries(long.entries())) as object).length).toBe(201);
    expect((written(new Set(long)) as unknown[]).length).toBe(201);
  });

  test("a wide and deep one is cut", () => {
    const wide = (depth: number): unknown => (depth === 0 ? 1 : Array.from({ length: 20 }, () => wide(depth - 1)));
    expect(jsonValue(wide(4), OPTIONS).length).toBeLessThan(20_000);
  });

  test("a huge text is cut, and told to be", () => {
    const text = written("x".repeat(1_000_000)) as string;
    expect(text).toStartWith("x".repeat(8_192));
    expect(text).toEndWith("… (991808 more characters)");
    expect(text.length).toBeLessThan(8_300);
    expect(written("x".repeat(8_192))).toBe("x".repeat(8_192));
  });
});

describe("objects that throw", () => {
  test("become a text; the rest of the line is kept", () => {
    const hostile = {
      ok: 1,
      getter: {
        get x() {
          throw new Error("no");
        },
      },
      json: {
        toJSON() {
          throw new Error("no");
        },
      },
      proxy: new Proxy(
        {},
        {
          ownKeys() {
            throw new Error("no");
          },
        },
      ),
    };
    expect(written(hostile)).toEqual({ ok: 1, getter: "[unreadable]", json: "[unreadable]", proxy: "[unreadable]" });
  });
});

describe("errors", () => {
  test("tell name, message, code and the chain of causes", () => {
    const root = Object.assign(new Error("connect ECONNREFUSED"), { code: "ECONNREFUSED" });
    const error = new GatewayError("upstream_connect", { cause: new TypeError("middle", { cause: root }) });
    expect(written({ error })).toEqual({
      error: {
        name: "GatewayError",
        message: "The service could not be reached",
        code: "upstream_connect",
        cause: "TypeError: middle < Error: connect ECONNREFUSED (ECONNREFUSED)",
      },
    });
  });

  test("never tell their stack, unless asked for, nor other fields", () => {
    const error = Object.assign(new Error("broken\n    at a lie"), { token: "s3cret" });
    expect(written(error)).toEqual({ name: "Error", message: "broken\n    at a lie" });
    const { stack } = written(error, { ...OPTIONS, hasStack: true }) as { stack: string[] };
    expect(stack.some((frame) => frame.includes("json-value.test.ts"))).toBe(true);
  });

  test("hide credentials in URLs", () => {
    const error = new Error("redis://user:s3cret@db:6379 refused", { cause: "http://t0ken@host/x" });
    expect(written(error)).toEqual({
      name: "Error",
      message: "redis://[redacted]@db:6379 refused",
      cause: "http://[redacted]@host/x",
    });
  });

  test("a cause may be anything, and a chain may be endless", () => {
    expect(written(new Error("x", { cause: { secret: 1 } }))).toMatchObject({ cause: "an object" });
    expect(written(new Error("x", { cause: 5n }))).toMatchObject({ cause: "5" });
    const loop = new Error("loop");
    loop.cause = loop;
    expect(written(loop)).toMatchObject({ cause: Array(5).fill("Error: loop").join(" < ") });
  });
});
