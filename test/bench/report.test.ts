import { describe, expect, test } from "bun:test";
import type { Sample } from "./load.ts";
import { jsonReport, markdownReport, type Results, textReport } from "./report.ts";
import { figureOf, summarise } from "./summary.ts";
import { verdict } from "./verdict.ts";

/** One second in which every request cost `cpu` microseconds. */
const sample = (requests: number, cpu: number): Sample => ({
  requests,
  elapsedMs: 1_000,
  cpuUs: requests * cpu,
  p50Us: 500,
  p99Us: 1_250,
  failures: 0,
});

const series = [
  { contender: "sluice", samples: [sample(50_000, 12), sample(40_000, 15), sample(50_000, 9)] },
  { contender: "nginx", samples: [sample(90_000, 10), sample(45_000, 20), sample(90_000, 10)] },
];

const results: Results = {
  machine: { cpu: "A CPU", cores: 2, memoryGib: 8, kernel: "6.1.0" },
  rounds: 3,
  seconds: 1,
  versions: { sluice: "1.0.0", nginx: "1.22.1" },
  skipped: { idle: "it needs more" },
  missing: { haproxy: "apt-get install haproxy" },
  scenarios: [
    {
      scenario: {
        name: "small",
        title: "a small body",
        listener: "port",
        request: "typical",
        path: "/small",
        uploadBytes: 0,
        idle: 0,
        loop: "closed",
        isCached: false,
        warmSeconds: 0,
        connections: 4,
        contentType: "text/plain",
        body: Buffer.from("hello"),
      },
      series,
    },
  ],
};

describe("figures", () => {
  test("the median of an odd and an even count", () => {
    expect(figureOf([9, 1, 5])).toEqual({ median: 5, min: 1, max: 9 });
    expect(figureOf([4, 10, 1, 2])).toEqual({ median: 3, min: 1, max: 10 });
    expect(figureOf([7])).toEqual({ median: 7, min: 7, max: 7 });
  });

  test("rows hold CPU time a request, throughput, latency and use of the core", () => {
    expect(summarise(series)[0]).toMatchObject({
      contender: "sluice",
      cpuUs: { median: 12, min: 9, max: 15 },
      requestsPerSecond: { median: 50_000, min: 40_000, max: 50_000 },
      p50Ms: { median: 0.5 },
      p99Ms: { median: 1.25 },
      coreShare: { median: 0.6 },
    });
  });

  test("a ratio is taken within its round, and is missing with its reference", () => {
    const [haproxyRatio, nginxRatio] = summarise(series)[0]?.ratios ?? [];
    expect(haproxyRatio).toBeUndefined();
    // 12/10, 15/20, 9/10: the ratio of the medians would be 1.2.
    expect(nginxRatio).toEqual({ median: 0.9, min: 0.75, max: 1.2 });
  });
});

describe("reports", () => {
  test("plain text is aligned, with ranges, ratios and what was skipped", () => {
    expect(textReport(results)).toBe(`small: a small body

          CPU µs/request           requests/s  p50 ms  p99 ms  core  CPU × haproxy       CPU × nginx
sluice   12.0 (9.0–15.0)  50000 (40000–50000)    0.50    1.25  60 %              –  0.90 (0.75–1.20)
nginx   10.0 (10.0–20.0)  90000 (45000–90000)    0.50    1.25  90 %              –              1.00

A CPU, 2 cores, 8 GB, Linux 6.1.0
sluice 1.0.0, nginx 1.22.1
median (min–max) of 3 interleaved rounds of 1 s; one core for the gateway, one for the load generator and the upstream (test/bench/load.ts, test/bench/upstream.ts)
haproxy: not installed, skipped (apt-get install haproxy)
idle: skipped, it needs more

${verdict(results).join("\n")}`);
  });

  test("Markdown has a heading, a table and the notes as a list", () => {
    const lines = markdownReport(results).split("\n");
    expect(lines[0]).toBe("### small: a small body");
    expect(lines[3]).toBe("| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |");
    expect(lines[4]).toBe(
      "| sluice | 12.0 (9.0–15.0) | 50000 (40000–50000) | 0.50 | 1.25 | 60 % | – | 0.90 (0.75–1.20) |",
    );
    expect(lines).toContain("- haproxy: not installed, skipped (apt-get install haproxy)");
    expect(lines.at(-1)).toBe("- not measured  idle: less than 5000 bytes a connection");
  });

  test("JSON has every sample and no bodies", () => {
    const data = JSON.parse(jsonReport(results));
    expect(data.scenarios[0]).toMatchObject({ name: "small", bytes: 5, series });
    expect(data.scenarios[0].summary[1].cpuUs.median).toBe(10);
    expect(data.scenarios[0]).not.toHaveProperty("body");
  });
});
