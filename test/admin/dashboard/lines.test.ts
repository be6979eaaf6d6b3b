import { describe, expect, test } from "bun:test";
import { chartsOf, inWords, lengthOf } from "../../../src/admin/dashboard/page/model/chart-lines.ts";
import { configLines, filterLines } from "../../../src/admin/dashboard/page/model/config-lines.ts";
import { logLine } from "../../../src/admin/dashboard/page/model/log-line.ts";
import { pauseMs } from "../../../src/admin/dashboard/page/model/pause.ts";
import { blamed, reasonOf } from "../../../src/admin/dashboard/page/model/reasons.ts";
import { ERRORS } from "../../../src/errors.ts";
import { history, series } from "./facts.ts";

describe("the configuration", () => {
  const lines = configLines({
    configuration: {
      services: { users: { targets: ["http://a", "http://b"], balance: "random" } },
      routes: [{ path: "/a", plugins: { "./own.ts": {}, cors: false } }],
    },
    places: {
      "services.users": "/etc/sluice/more.yaml:3",
      "services.users.targets": "more.yaml:4",
      'routes[0].plugins["./own.ts"]': "/etc/sluice/gateway.yaml:9",
    },
    files: ["/etc/sluice/gateway.yaml", "/etc/sluice/more.yaml"],
  });
  const written = (all: typeof lines) =>
    all.map(({ depth, key, value, place }) => `${" ".repeat(depth)}${key} ${value ?? ""} ${place ?? ""}`.trimEnd());

  test("is shown as it is written, each line with its place or that of what it is in", () => {
    expect(written(lines)).toEqual([
      "services",
      " users  more.yaml:3",
      "  targets [http://a, http://b] more.yaml:4",
      "  balance random more.yaml:3",
      "routes",
      " -",
      "  path /a",
      "  plugins",
      "   ./own.ts {} gateway.yaml:9",
      "   cors false",
    ]);
    expect(lines.filter(({ isPlaceOwn }) => isPlaceOwn)).toHaveLength(3);
  });

  test("is filtered by key, value and file, with what the lines are in", () => {
    expect(written(filterLines(lines, "OWN.ts"))).toEqual([
      "routes",
      " -",
      "  plugins",
      "   ./own.ts {} gateway.yaml:9",
    ]);
    expect(written(filterLines(lines, "more.yaml:4"))).toEqual([
      "services",
      " users  more.yaml:3",
      "  targets [http://a, http://b] more.yaml:4",
    ]);
    expect(filterLines(lines, " ")).toBe(lines);
  });
});

describe("the charts", () => {
  const all = {
    ...history(1, [10, 0, 4]),
    routes: { a: series([1, 1, 1]), b: series([5, 5, 5]) },
    services: { s: series([2, 2, 2]) },
  };

  test("are of everything, of one route, or of one service with its attempts", () => {
    const [rate, errors, latency] = chartsOf(all, { kind: "total" });
    expect(rate.lines.map(({ label, values }) => [label, values])).toEqual([["requests", [10, 0, 4]]]);
    expect(errors.lines.map(({ values }) => values)).toEqual([
      [0, null, 0],
      [0, null, 0],
    ]);
    expect(latency.lines.map(({ label }) => label)).toEqual(["p50", "p90", "p99"]);
    expect(chartsOf(all, { kind: "route", name: "b" })[0].lines[0]?.values).toEqual([5, 5, 5]);
    expect(chartsOf(all, { kind: "service", name: "s" })[1].lines.map(({ label }) => label)).toEqual([
      "failed attempts",
    ]);
    expect(chartsOf(all, { kind: "route", name: "gone" })[0].lines[0]?.values).toEqual([0, 0, 0]);
  });

  test("compare those that are asked most, six at most", () => {
    expect(chartsOf(all, { kind: "routes" })[0].lines.map(({ label }) => label)).toEqual(["b", "a"]);
    const many = { ...all, routes: Object.fromEntries(Array.from({ length: 20 }, (_, i) => [`r${i}`, series([i])])) };
    expect(chartsOf(many, { kind: "routes" })[2].lines.map(({ label }) => label)).toEqual([
      "r19",
      "r18",
      "r17",
      "r16",
      "r15",
      "r14",
    ]);
  });

  test("are told in words", () => {
    expect(inWords(chartsOf(all, { kind: "total" })[0])).toBe("requests: now 4/s, from 0/s to 10/s");
    expect(inWords(chartsOf(history(1, [0]), { kind: "total" })[2])).toBe("p50: no data; p90: no data; p99: no data");
    expect(inWords({ kind: "rate", lines: [] })).toBe("There is nothing to show.");
    expect(
      lengthOf(
        history(
          1,
          Array.from({ length: 300 }, () => 0),
        ),
      ),
    ).toBe("5 minutes");
  });
});

describe("the reasons", () => {
  test("say of every code what to do, and of one that is not known where to look", () => {
    for (const code of Object.keys(ERRORS)) {
      const { title, advice } = reasonOf(code);
      expect({ code, title }).toEqual({ code, title: ERRORS[code as keyof typeof ERRORS].title });
      expect(advice.length).toBeGreaterThan(20);
    }
    expect(reasonOf("upstream_status").title).toBe("The service itself answered with an error");
    expect(reasonOf("toString")).toMatchObject({ title: "toString" });
    expect(["downstream", "upstream", "internal"].map(blamed)).toEqual(["the client", "the service", "the gateway"]);
  });
});

describe("a line of the log", () => {
  test("is taken apart; what is no JSON is shown as it is", () => {
    const text = '{"time":"nonsense","level":"warn","msg":"a circuit has opened","service":"users","openMs":30}';
    expect(logLine(text)).toEqual({
      time: "–",
      level: "warn",
      message: "a circuit has opened",
      fields: "service=users openMs=30",
    });
    expect(logLine("oops")).toEqual({ time: "", level: "", message: "oops", fields: "" });
    expect(logLine("[1]").message).toBe("[1]");
    expect(logLine("null").message).toBe("null");
  });
});

describe("the pause between two questions", () => {
  test("is longer the longer the gateway takes, and doubles after failures up to a bound", () => {
    expect(pauseMs(1_000, 0, 20)).toBe(1_000);
    expect(pauseMs(1_000, 0, 900)).toBe(3_600);
    expect([1, 2, 3, 4, 5, 99].map((failures) => pauseMs(1_000, failures, 0))).toEqual([
      1_000, 2_000, 4_000, 8_000, 8_000, 8_000,
    ]);
    expect(pauseMs(15_000, 3, 0)).toBe(15_000);
  });
});
