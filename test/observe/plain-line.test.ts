import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { createLogger, type LoggerOptions } from "../../src/observe/log.ts";
import type { LogFields, Logger } from "../../src/observe/logger.ts";
import type { LineTaker } from "../../src/observe/plain-line.ts";

const SEED = 7;

/** Wants lines as bytes, and keeps both kinds in their order. */
class Kept implements LineTaker {
  readonly desk = Buffer.alloc(8_192);
  readonly lines: string[] = [];
  isFree = true;
  /** Lines that came as bytes. */
  taken = 0;

  take(length: number): void {
    this.taken++;
    this.lines.push(this.desk.toString("utf8", 0, length));
  }
}

/** Two loggers that are told the same: one that may write lines as bytes, and one that writes texts. */
function pair(options: Partial<LoggerOptions> = {}) {
  let now = Date.UTC(2026, 0, 2, 3, 4, 5, 67);
  const kept = new Kept();
  const texts: string[] = [];
  const both = { level: "info", format: "json", redact: ["authorization"], now: () => now, ...options } as const;
  return {
    kept,
    texts,
    bytes: createLogger({ ...both, write: (line) => void kept.lines.push(line), taker: kept }),
    plain: createLogger({ ...both, write: (line) => void texts.push(line) }),
    goOn: (ms: number) => {
      now += ms;
    },
  };
}

type Pair = ReturnType<typeof pair>;

/** Logs the same with both, and expects the same of both. */
function logBoth({ kept, texts, bytes, plain }: Pair, log: (logger: Logger) => void): string {
  log(bytes);
  log(plain);
  expect(kept.lines.length).toBe(texts.length);
  expect(kept.lines.at(-1)).toBe(texts.at(-1) ?? "");
  return texts.at(-1) ?? "";
}

const REQUEST: LogFields = {
  requestId: "6f1d6a2e-8f3c-4a53-9a40-0d2f6e0c3b11",
  method: "GET",
  path: "/users/1",
  query: undefined,
  status: 200,
  bytesOut: 55,
  durationMs: 1.23,
  attempts: 1,
  client: "127.0.0.1",
};

describe("a line that is edited out of the line before", () => {
  test("is one of bytes, and like any other", () => {
    const both = pair();
    expect(logBoth(both, (log) => log.info("request", REQUEST))).toBe(
      '{"time":"2026-01-02T03:04:05.067Z","level":"info","msg":"request","requestId":"6f1d6a2e-8f3c-4a53-9a40-0d2f6e0c3b11","method":"GET","path":"/users/1","status":200,"bytesOut":55,"durationMs":1.23,"attempts":1,"client":"127.0.0.1"}\n',
    );
    expect(both.kept.taken).toBe(1);
  });

  test.each<[string, LogFields]>([
    ["has longer and shorter fields", { path: "/u", status: 1_000, durationMs: 12_345.6 }],
    ["has fields that grow and shrink by the same", { path: "/users/12345", bytesOut: 5, status: 20 }],
    ["has more fields", { query: "a=b", traceId: "0af7651916cd43dd8448eb211c80319c" }],
    ["has fewer", { attempts: undefined, client: undefined }],
    ["has other kinds of values", { path: 1, status: "200", bytesOut: true, durationMs: null, attempts: false }],
    ["has the same under other names", { path: undefined, route: "/users/1" }],
  ])("%s, and so does the one after it", (_, change) => {
    const both = pair();
    for (const fields of [REQUEST, { ...REQUEST, ...change }, REQUEST, { ...change, ...REQUEST }, REQUEST]) {
      logBoth(both, (log) => log.info("request", fields));
      both.goOn(1);
    }
    expect(both.kept.taken).toBe(5);
  });

  test.each<[string, LogFields]>([
    ["a hostile text", { path: 'a"\\\n\u2028\ud800' }],
    ["letters beyond ASCII", { path: "/ünïcode" }],
    ["an object", { path: { deep: [1, 2] } }],
    ["an error", { error: new Error("broken") }],
    ["a secret", { Authorization: "Bearer s3cret" }],
    ["a name that lines have anyway", { msg: "forged", time: 1 }],
    ["a hostile name", { '"\n': 1 }],
    ["a name in other letters", { ü: 1 }],
    ["a text that is too long for it", { path: "x".repeat(3_000) }],
    ["a text that is cut", { path: "x".repeat(9_000) }],
    [
      "more than there is room for",
      Object.fromEntries(Array.from({ length: 9 }, (_, i) => [`f${i}`, "x".repeat(1_500)])),
    ],
    ["more fields than it keeps", Object.fromEntries(Array.from({ length: 90 }, (_, i) => [`f${i}`, i]))],
    ["no number", { status: Number.NaN, bytesOut: Number.POSITIVE_INFINITY, big: 12n, what: undefined, f: () => 1 }],
  ])("stays right around one with %s", (_, change) => {
    const both = pair();
    for (const fields of [REQUEST, { ...REQUEST, ...change }, REQUEST, { ...change, ...REQUEST }, REQUEST]) {
      logBoth(both, (log) => log.info("request", fields));
    }
    expect(both.kept.lines.join("")).not.toContain("s3cret");
  });

  test("has numbers as JavaScript writes them", () => {
    const both = pair();
    const some = [
      0,
      -0,
      0.5,
      1.05,
      0.07,
      99.99,
      1.005,
      1e-7,
      1e21,
      1e7,
      1e7 + 0.01,
      9_999_999.99,
      2 ** 53,
      -1,
      -0.25,
      0.1 + 0.2,
    ];
    for (const n of some) logBoth(both, (log) => log.info("n", { n, after: 1 }));
    fc.assert(
      fc.property(
        fc.oneof(
          fc.double(),
          fc.integer(),
          fc.nat().map((n) => n / 100),
        ),
        (n) => {
          expect(logBoth(both, (log) => log.info("n", { n, after: 1 }))).toEndWith(
            `,"n":${Number.isFinite(n) ? n : `"${n}"`},"after":1}\n`,
          );
        },
      ),
      { numRuns: 200 },
    );
  });

  test("may be of another logger, level or message, in another second, or replace what is constant", () => {
    const both = pair();
    const steps: readonly ((log: Logger) => void)[] = [
      (log) => log.info("request", REQUEST),
      (log) => log.with({ plugin: "access-log" }).info("request", REQUEST),
      (log) => log.with({ plugin: "access-log", route: "ü" }).info("request", REQUEST),
      (log) => log.with({ plugin: "access-log", status: 1 }).info("request", REQUEST),
      (log) => log.warn("request", REQUEST),
      (log) => log.warn('slow "request"\n', REQUEST),
      (log) => log.error("nothing more"),
      (log) => log.error("nothing more", {}),
      (log) => log.info("request", REQUEST),
    ];
    for (const step of [...steps, ...steps.toReversed(), ...steps]) {
      logBoth(both, step);
      both.goOn(997);
    }
    both.goOn(8_000 * 365 * 86_400_000);
    expect(logBoth(both, (log) => log.info("request", REQUEST))).toStartWith('{"time":"+010');
  });

  test("is right whatever came before it", () => {
    const both = pair();
    const names = ["a", "bc", "def", "status", "authorization", "time", "ü"];
    const values = [
      undefined,
      null,
      true,
      0,
      7,
      200,
      1_200,
      0.5,
      12.34,
      "",
      "same",
      "longer than that",
      "ü",
      "\n",
      { deep: 1 },
    ];
    const fields = fc.array(fc.tuple(fc.constantFrom(...names), fc.constantFrom<unknown>(...values)), { maxLength: 8 });
    const [lines = []] = fc.sample(fc.array(fields, { minLength: 500, maxLength: 500 }), { numRuns: 1, seed: SEED });
    for (const some of lines) {
      for (const log of [both.bytes, both.plain]) log.info("request", Object.fromEntries(some));
      if (some.length > 5) both.goOn(1);
    }
    expect(both.kept.lines).toEqual(both.texts);
    expect(both.kept.taken).toBeGreaterThan(50);
  });
});

test("while lines cannot be taken as bytes they are written as texts", () => {
  const both = pair();
  for (const isFree of [true, false, true]) {
    both.kept.isFree = isFree;
    logBoth(both, (log) => log.info("request", { ...REQUEST, isFree }));
  }
  expect(both.kept.taken).toBe(2);
});

test("a field that throws, or that logs as it is read, spoils no line", () => {
  const both = pair();
  logBoth(both, (log) => log.info("request", REQUEST));
  logBoth(both, (log) =>
    log.info("trapped", {
      ...REQUEST,
      get status(): number {
        throw new Error("no");
      },
    }),
  );
  logBoth(both, (log) => {
    let isRead = false;
    log.info("outer", {
      a: 1,
      get b() {
        if (!isRead) log.info("inner", { a: "longer than before", b: 2, c: 3 });
        isRead = true;
        return 2;
      },
      c: 3,
    });
  });
  logBoth(both, (log) => log.info("request", REQUEST));
  expect(both.kept.lines).toEqual(both.texts);
});

test("what is secret, and which lines are written, can be told anew", () => {
  const both = pair();
  logBoth(both, (log) => log.info("request", REQUEST));
  for (const logger of [both.bytes, both.plain]) logger.configure({ level: "info", redact: ["path"] });
  expect(logBoth(both, (log) => log.info("request", REQUEST))).toContain('"path":"[redacted]"');
  for (const logger of [both.bytes, both.plain]) logger.configure({ level: "warn", redact: [] });
  logBoth(both, (log) => log.info("request", REQUEST));
  expect(logBoth(both, (log) => log.warn("request", REQUEST))).toContain('"path":"/users/1"');
});
