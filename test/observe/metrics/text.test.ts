import { describe, expect, test } from "bun:test";
import type { Family } from "../../../src/observe/metrics/family.ts";
import { metricsText, type TextFormat } from "../../../src/observe/metrics/text.ts";
import { readExposition } from "../../support/exposition.ts";

const COUNTER: Family = {
  type: "counter",
  name: "a_seconds_total",
  help: "Time.",
  labels: ["route", "code"],
  series: [{ labels: ["x", ""], value: 1.5 }],
};
const HISTOGRAM: Family = {
  type: "histogram",
  name: "b_seconds",
  help: "Durations.",
  labels: ["route"],
  bounds: [0.5, 1, 10],
  series: [{ labels: ["x"], counts: [2, 0, 1, 4], sum: 61.25 }],
};
const GAUGE: Family = { type: "gauge", name: "c", help: "Size.", labels: [], series: [{ labels: [], value: -1e21 }] };
const FORMATS: readonly TextFormat[] = ["prometheus", "openmetrics"];

test("Prometheus text is written as the format says", () => {
  expect(metricsText([COUNTER, HISTOGRAM, GAUGE], "prometheus")).toBe(`# HELP a_seconds_total Time.
# TYPE a_seconds_total counter
a_seconds_total{route="x",code=""} 1.5
# HELP b_seconds Durations.
# TYPE b_seconds histogram
b_seconds_bucket{route="x",le="0.5"} 2
b_seconds_bucket{route="x",le="1"} 2
b_seconds_bucket{route="x",le="10"} 3
b_seconds_bucket{route="x",le="+Inf"} 7
b_seconds_sum{route="x"} 61.25
b_seconds_count{route="x"} 7
# HELP c Size.
# TYPE c gauge
c -1e+21
`);
});

test("OpenMetrics names counters without their ending, tells units, has floats as bounds, and an end", () => {
  expect(metricsText([COUNTER, HISTOGRAM], "openmetrics")).toBe(`# TYPE a_seconds counter
# UNIT a_seconds seconds
# HELP a_seconds Time.
a_seconds_total{route="x",code=""} 1.5
# TYPE b_seconds histogram
# UNIT b_seconds seconds
# HELP b_seconds Durations.
b_seconds_bucket{route="x",le="0.5"} 2
b_seconds_bucket{route="x",le="1.0"} 2
b_seconds_bucket{route="x",le="10.0"} 3
b_seconds_bucket{route="x",le="+Inf"} 7
b_seconds_sum{route="x"} 61.25
b_seconds_count{route="x"} 7
# EOF
`);
});

describe.each(FORMATS)("%s", (format) => {
  test.each(['a"b', "a\\b", "a\nb", 'a",b="c', "\\n", "\\", "}", "ü – 🙂", ""])("carries the value %j", (value) => {
    const family = { ...COUNTER, series: [{ labels: [value, "z"], value: 3 }] } as Family;
    const read = readExposition(metricsText([family], format), format);
    expect(read.value("a_seconds_total", { route: value, code: "z" })).toBe(3);
  });

  test("carries help with line ends, backslashes and quotes", () => {
    const help = 'one\ntwo \\n "three"';
    const read = readExposition(metricsText([{ ...GAUGE, help }], format), format);
    expect(read.families.get("c")?.help).toBe(help);
  });

  test("leaves out a family without series", () => {
    const empty = { ...COUNTER, series: [] } as Family;
    expect(metricsText([empty], format)).toBe(format === "openmetrics" ? "# EOF\n" : "");
  });

  test("has a histogram without labels", () => {
    const plain: Family = { ...HISTOGRAM, labels: [], series: [{ labels: [], counts: [0, 0, 0, 0], sum: 0 }] };
    const read = readExposition(metricsText([plain], format), format);
    expect(read.value("b_seconds_bucket", { le: "+Inf" })).toBe(0);
    expect(read.value("b_seconds_count")).toBe(0);
  });
});

describe("the reader of the tests refuses", () => {
  const head = "# HELP a_total A.\n# TYPE a_total counter\n";
  test.each([
    ["no line end", `${head}a_total 1`],
    ["no TYPE", "# HELP a_total A.\na_total 1\n"],
    ["a second family of the name", `${head}a_total 1\n${head}a_total{b="c"} 1\n`],
    ["another family's sample", `${head}b_total 1\n`],
    ["a series twice", `${head}a_total{b="c",d="e"} 1\na_total{d="e",b="c"} 1\n`],
    ["a raw quote", `${head}a_total{b="c"d"} 1\n`],
    ["an unknown escape", `${head}a_total{b="\\t"} 1\n`],
    ["a comma behind the last label", `${head}a_total{b="c",} 1\n`],
    ["a blank line", `${head}\na_total 1\n`],
    ["no number", `${head}a_total Infinity\n`],
    ["a histogram without +Inf", '# HELP h H.\n# TYPE h histogram\nh_bucket{le="1"} 1\nh_sum 1\nh_count 1\n'],
    [
      "falling counts",
      '# HELP h H.\n# TYPE h histogram\nh_bucket{le="1"} 2\nh_bucket{le="+Inf"} 1\nh_sum 1\nh_count 1\n',
    ],
  ])("%s", (_, text) => {
    expect(() => readExposition(text, "prometheus")).toThrow();
  });

  test("OpenMetrics without its end", () => {
    expect(() => readExposition("# TYPE a gauge\n# HELP a A.\na 1\n", "openmetrics")).toThrow("# EOF");
  });
});
