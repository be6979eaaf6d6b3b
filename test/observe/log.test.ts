import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { createLogger, type LoggerOptions } from "../../src/observe/log.ts";
import type { LogFields, Logger } from "../../src/observe/logger.ts";

const NOW = Date.UTC(2026, 0, 2, 3, 4, 5, 67);

function recorder(options: Partial<LoggerOptions> = {}): { log: Logger; lines: string[]; last(): LogFields } {
  const lines: string[] = [];
  const log = createLogger({
    level: "debug",
    format: "json",
    redact: ["authorization", "Set-Cookie"],
    write: (line) => void lines.push(line),
    now: () => NOW,
    ...options,
  });
  return { log, lines, last: () => JSON.parse(lines.at(-1) ?? "") as LogFields };
}

describe("a line", () => {
  test("is one JSON object: time, level, msg, then the fields in order", () => {
    const { log, lines } = recorder();
    log.info("request", {
      method: "GET",
      status: 200,
      durationMs: 1.5,
      isCached: false,
      route: null,
      error: undefined,
    });
    expect(lines).toEqual([
      '{"time":"2026-01-02T03:04:05.067Z","level":"info","msg":"request","method":"GET","status":200,"durationMs":1.5,"isCached":false,"route":null}\n',
    ]);
  });

  test("needs no fields", () => {
    const { log, last } = recorder();
    log.warn("careful");
    expect(last()).toEqual({ time: "2026-01-02T03:04:05.067Z", level: "warn", msg: "careful" });
  });

  test("is told its time anew", () => {
    let now = NOW;
    const { log, last } = recorder({ now: () => now });
    for (const [ms, time] of [
      [999.9, "05.999Z"],
      [1_000, "06.000Z"],
      [1_005, "06.005Z"],
      [-1, "04.999Z"],
    ] as const) {
      now = NOW - 67 + ms;
      log.info("tick");
      expect(last().time).toEndWith(time);
    }
  });

  test("keeps its own names: a field of the same name gets an underscore", () => {
    const { log, last } = recorder();
    log.info("real", { msg: "forged", level: "error", time: 0 });
    expect(last()).toMatchObject({ msg: "real", level: "info", msg_: "forged", level_: "error", time_: 0 });
  });

  test("parses back to what was logged, whatever it was", () => {
    const { log, last, lines } = recorder({ redact: [] });
    fc.assert(
      fc.property(
        fc.string({ unit: "binary" }),
        fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 3 })),
        (msg, value) => {
          log.info(msg, { value });
          expect(lines.at(-1)?.indexOf("\n")).toBe((lines.at(-1)?.length ?? 0) - 1);
          expect(last().msg).toBe(msg);
          expect(last().value).toEqual(JSON.parse(JSON.stringify(value)));
        },
      ),
    );
  });

  test("of fields that cannot be read is written all the same", () => {
    const { log, last } = recorder();
    const trap = new Proxy(
      {},
      {
        ownKeys: () => {
          throw new Error("no");
        },
      },
    );
    log.info("trapped", trap);
    expect(last()).toMatchObject({ msg: "trapped", fields: "[unreadable]" });
    log.info("trapped", {
      ok: 1,
      get bad() {
        throw new Error("no");
      },
    });
    expect(last()).toMatchObject({ msg: "trapped", fields: "[unreadable]" });
  });
});

describe("levels", () => {
  test.each([
    ["debug", ["debug", "info", "warn", "error"]],
    ["info", ["info", "warn", "error"]],
    ["warn", ["warn", "error"]],
    ["error", ["error"]],
  ] as const)("at %s", (level, expected) => {
    const { log, lines } = recorder({ level });
    for (const logger of [log, log.with({ a: 1 })]) {
      lines.length = 0;
      logger.debug("x");
      logger.info("x");
      logger.warn("x");
      logger.error("x");
      expect(lines.map((line) => (JSON.parse(line) as LogFields).level)).toEqual([...expected]);
    }
  });

  test("what is left out is not even read", () => {
    const { log } = recorder({ level: "info" });
    let reads = 0;
    log.debug("x", {
      get field() {
        return ++reads;
      },
    });
    expect(reads).toBe(0);
  });
});

describe("with", () => {
  test("adds its fields before those of the line, and can be built on", () => {
    const { log, lines } = recorder();
    log.with({ plugin: "jwt" }).with({ route: "users" }).info("x", { n: 1 });
    expect(lines[0]).toEndWith('"msg":"x","plugin":"jwt","route":"users","n":1}\n');
  });

  test("leaves the logger it came from alone", () => {
    const { log, last } = recorder();
    log.with({ plugin: "jwt" });
    log.info("x");
    expect(last()).not.toHaveProperty("plugin");
  });

  test("fields are written once: later changes do not show", () => {
    const { log, last } = recorder();
    const fields = { n: 1 };
    const child = log.with(fields);
    fields.n = 2;
    child.info("x");
    expect(last().n).toBe(1);
  });

  test("a field of the line, or of the inner logger, replaces one of the same name", () => {
    const { log, lines } = recorder();
    const child = log.with({ a: 1, b: 1 }).with({ a: 2 });
    child.info("x", { b: 3 });
    child.info("x");
    expect(lines.map((line) => line.slice(line.indexOf('"msg"')))).toEqual([
      '"msg":"x","a":2,"b":3}\n',
      '"msg":"x","a":2,"b":1}\n',
    ]);
  });

  test("hides what is secret", () => {
    const { log, lines } = recorder();
    log.with({ authorization: "Bearer s3cret" }).info("x");
    expect(lines[0]).toContain('"authorization":"[redacted]"');
    expect(lines[0]).not.toContain("s3cret");
  });
});

describe("redaction", () => {
  test("hides fields by name, in any case, on every level, in lists, maps and headers", () => {
    for (const format of ["json", "pretty"] as const) {
      const { log, lines } = recorder({ format });
      log.info("x", {
        Authorization: "s3cret",
        nested: { deep: [{ AUTHORIZATION: { token: "s3cret" } }] },
        map: new Map([["authorization", "s3cret"]]),
        headers: new Headers({ authorization: "s3cret", "x-a": "shown" }),
        error: Object.assign(new Error("x"), { authorization: "s3cret" }),
        kept: "shown too",
      });
      expect(lines[0]).not.toContain("s3cret");
      expect(lines[0]).toContain("shown");
      expect(lines[0]).toContain("shown too");
      expect(lines[0]?.match(/\[redacted\]/g)?.length).toBe(4);
    }
  });

  test("a name that merely contains another is shown", () => {
    const { log, last } = recorder();
    log.info("x", { "authorization-kind": "bearer" });
    expect(last()["authorization-kind"]).toBe("bearer");
  });
});

describe("pretty", () => {
  test("has the time of day, level, message and name=value, aligned", () => {
    const { log, lines } = recorder({ format: "pretty" });
    log.info("listening", { host: "0.0.0.0", port: 8080 });
    log.error("failed", { reason: "two words", list: [1, "a"], empty: "", quoted: '"', equation: "a=b" });
    log.warn("alone");
    expect(lines.map((line) => Bun.stripANSI(line))).toEqual([
      "03:04:05.067 INFO  listening                    host=0.0.0.0 port=8080\n",
      '03:04:05.067 ERROR failed                       reason="two words" list=[1,"a"] empty="" quoted="\\"" equation="a=b"\n',
      "03:04:05.067 WARN  alone\n",
    ]);
  });

  test("has colours that end where they should", () => {
    const { log, lines } = recorder({ format: "pretty" });
    log.error("failed", { a: 1 });
    expect(lines[0]).toContain("\x1b[31mERROR\x1b[0m");
    expect(lines[0]?.split("\x1b[0m").length).toBe(5);
    expect(lines[0]?.split("\x1b[").length).toBe(9);
  });

  test("with() and replaced fields work as in JSON", () => {
    const { log, lines } = recorder({ format: "pretty" });
    log.with({ a: 1, b: 1 }).info("x", { b: 2 });
    expect(Bun.stripANSI(lines[0] ?? "")).toEndWith(" a=1 b=2\n");
  });
});

describe("log injection", () => {
  const HOSTILE = 'a\r\n{"level":"error"}\x1b[31m\u009b31m\x00\x7f\u2028\u2029\u202e\ud800"\\';

  test.each(["json", "pretty"] as const)(
    "a hostile text stays on its line and sends nothing to the terminal (%s)",
    (format) => {
      const { log, lines } = recorder({ format });
      log.with({ constant: HOSTILE }).info(HOSTILE, { [HOSTILE]: 1, value: HOSTILE, nested: { [HOSTILE]: [HOSTILE] } });
      let text = lines[0] ?? "";
      if (format === "pretty") for (const code of [0, 1, 2, 32]) text = text.replaceAll(`\x1b[${code}m`, "");
      expect(text.slice(0, -1)).not.toMatch(/[\p{Cc}\p{Cs}\u2028\u2029\u202e]/u);
      expect(text).toEndWith("\n");
    },
  );

  test("each unsafe character is escaped, also where it is the only one", () => {
    const { log, lines } = recorder();
    for (const unsafe of [
      "\n",
      "\x1b",
      "\x7f",
      "\u0085",
      "\u2028",
      "\u200e",
      "\u200f",
      "\u202a",
      "\u202e",
      "\u2066",
      "\ud800",
    ]) {
      log.info(`a${unsafe}b`);
      expect(lines.at(-1)?.slice(0, -1)).not.toContain(unsafe);
      expect(JSON.parse(lines.at(-1) ?? "").msg).toBe(`a${unsafe}b`);
    }
    log.info("plain ä € 😀");
    expect(lines.at(-1)).toContain('"plain ä € 😀"');
  });

  test("in JSON nothing of it is lost", () => {
    const { log, last } = recorder();
    log.info(HOSTILE, { value: HOSTILE });
    expect(last()).toMatchObject({ msg: HOSTILE, value: HOSTILE });
  });
});
