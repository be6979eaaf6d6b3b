import { describe, expect, test } from "bun:test";
import { createLogger } from "../../../src/observe/log.ts";
import type { LineFilter } from "../../../src/observe/tail/filter.ts";
import { LogTail } from "../../../src/observe/tail/log-tail.ts";

function tailed(redact: readonly string[] = []) {
  const tail = new LogTail();
  const write = (line: string) => tail.push(line);
  return { tail, log: createLogger({ level: "debug", format: "json", redact, write, now: Date.now }) };
}

/** Collects the messages of lines. */
function reader() {
  const lines: string[] = [];
  let isEnded = false;
  return {
    lines,
    get messages() {
      return lines.map((line) => JSON.parse(line).msg);
    },
    get isEnded() {
      return isEnded;
    },
    onLine: (line: string) => void lines.push(line),
    onEnd: () => {
      isEnded = true;
    },
  };
}

describe("readers", () => {
  test("get recent lines first, then each new one, until they leave", () => {
    const { tail, log } = tailed();
    for (let i = 0; i < 700; i++) log.info(`line ${i}`);
    const one = reader();
    expect(tail.read({}, one)).toBeTrue();
    expect(one.messages).toEqual(Array.from({ length: 200 }, (_, i) => `line ${500 + i}`));
    log.warn("new");
    expect(one.messages.at(-1)).toBe("new");
    expect(one.lines.at(-1)?.endsWith("}")).toBeTrue();
    tail.leave(one);
    log.warn("newer");
    expect(one.messages.at(-1)).toBe("new");
  });

  test("are 16 at most, and one that leaves makes room", () => {
    const { tail } = tailed();
    const readers = Array.from({ length: 17 }, reader);
    expect(readers.map((one) => tail.read({}, one))).toEqual([...Array(16).fill(true), false]);
    const [first, ...others] = readers;
    if (first === undefined) throw new Error("there is a first");
    tail.leave(first);
    expect(tail.read({}, others.at(-1) ?? first)).toBeTrue();
  });

  test("are ended together", () => {
    const { tail, log } = tailed();
    const readers = [reader(), reader()];
    for (const one of readers) tail.read({}, one);
    tail.close();
    log.info("late");
    expect(readers.map(({ isEnded, lines }) => [isEnded, lines.length])).toEqual([
      [true, 0],
      [true, 0],
    ]);
    expect(tail.readers).toBe(0);
  });

  test("are told no more than the log: what is hidden there is hidden here", () => {
    const { tail, log } = tailed(["authorization"]);
    log.info("request", { authorization: "Bearer s3cret", headers: { Authorization: "Bearer s3cret" } });
    const one = reader();
    tail.read({}, one);
    expect(one.lines[0]).toContain("[redacted]");
    expect(one.lines[0]).not.toContain("s3cret");
  });
});

describe("lines", () => {
  test("that come as bytes are told one by one, and to who comes later", () => {
    let waiting = '{"time":"2026-01-02T03:04:05.067Z","level":"info","msg":"one"}\nworker  \n';
    const tail: LogTail = new LogTail(() => {
      if (waiting !== "") tail.pushBytes(Buffer.from(waiting));
      waiting = "";
    });
    const [early, late] = [reader(), reader()];
    tail.read({}, early);
    tail.pushBytes(Buffer.from('{"time":"2026-01-02T03:04:05.067Z","level":"info","msg":"twö"}\n'));
    tail.read({}, late);
    expect(early.messages).toEqual(["one", "worker  ", "twö"]);
    expect(late.messages).toEqual(early.messages);
  });

  test("that no logger has written become some", () => {
    const { tail } = tailed();
    const one = reader();
    tail.read({ level: "info" }, one);
    tail.push('a worker\'s "console"\n');
    tail.push('{"level":"debug"}\n');
    expect(one.messages).toEqual(['a worker\'s "console"', '{"level":"debug"}']);
  });

  test("that are very long are told to have been there", () => {
    const { tail, log } = tailed();
    log.info("long", Object.fromEntries(Array.from({ length: 4 }, (_, i) => [`f${i}`, "x".repeat(8_000)])));
    const one = reader();
    tail.read({}, one);
    expect(one.messages).toEqual([expect.stringMatching(/^a line of 32\d\d\d characters is left out here$/)]);
  });
});

describe("a filter", () => {
  const { tail, log } = tailed();
  log.debug("fine");
  log.info("request", { path: '/Users/"x"', route: "users" });
  log.with({ plugin: "jwt", worker: 1 }).warn("slow keys");
  log.with({ worker: 12 }).error("broken", { route: "users-next", cause: "Ünïcode" });
  const cases: readonly (readonly [LineFilter, readonly string[]])[] = [
    [{}, ["fine", "request", "slow keys", "broken"]],
    [{ level: "debug" }, ["fine", "request", "slow keys", "broken"]],
    [{ level: "info" }, ["request", "slow keys", "broken"]],
    [{ level: "warn" }, ["slow keys", "broken"]],
    [{ level: "error" }, ["broken"]],
    [{ contains: '/users/"X"' }, ["request"]],
    [{ contains: "ünï" }, ["broken"]],
    [{ contains: "nowhere" }, []],
    [{ plugin: "jwt" }, ["slow keys"]],
    [{ plugin: "jw" }, []],
    [{ worker: 1 }, ["slow keys"]],
    [{ worker: 12 }, ["broken"]],
    [{ worker: 2 }, []],
    [{ route: "users" }, ["request"]],
    [{ route: "users-next", level: "warn" }, ["broken"]],
    [{ route: "users-next", worker: 1 }, []],
  ];

  test.each(cases)("%j fits %j", (filter, messages) => {
    const one = reader();
    tail.read(filter, one);
    expect(one.messages).toEqual([...messages]);
    tail.leave(one);
  });
});
