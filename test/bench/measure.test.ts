import { describe, expect, test } from "bun:test";
import { cpuUsOf, parseStat, processTree } from "./cpu.ts";
import { newHistogram, percentile, record } from "./latency.ts";
import { newResponseState, type Progress, readResponse } from "./response-reader.ts";

describe("CPU time", () => {
  test("is the sum of user and system time, whatever the program is called", () => {
    const line = "7 (a) b (c) S 3 7 7 0 -1 4194560 900 0 0 0 150 25 99 99 20 0 4 0 1000 1 1";
    expect(parseStat(line)).toEqual({ parent: 3, cpuUs: 1_750_000 });
  });

  test("of this process grows as it works", () => {
    const before = cpuUsOf([process.pid]);
    const usage = process.cpuUsage();
    for (let spentUs = 0; spentUs < 40_000; ) {
      const { user, system } = process.cpuUsage(usage);
      spentUs = user + system;
    }
    expect(cpuUsOf([process.pid]) - before).toBeGreaterThanOrEqual(30_000);
  });

  test("counts the workers of a process, and refuses to count one that ended", async () => {
    const parent = Bun.spawn(["sh", "-c", "sleep 60 & echo $!; read line; kill $!"], { stdin: "pipe" });
    const { value } = await parent.stdout.getReader().read();
    const worker = Number(new TextDecoder().decode(value));
    expect(processTree(parent.pid)).toEqual([parent.pid, worker]);
    expect(processTree(process.pid)).toContain(worker);

    parent.stdin.write("\n");
    parent.stdin.end();
    await parent.exited;
    expect(() => cpuUsOf([parent.pid])).toThrow(`process ${parent.pid} ended while it was measured`);
  });
});

describe("latency", () => {
  test("percentiles to the microsecond", () => {
    const histogram = newHistogram();
    for (let us = 1; us <= 100; us += 1) record(histogram, us / 1_000 + 0.000_1);
    expect([0.5, 0.99, 1].map((share) => percentile(histogram, share))).toEqual([50, 99, 100]);
  });

  test("a duration above one second counts as a second", () => {
    const histogram = newHistogram();
    record(histogram, 5_000);
    expect(percentile(histogram, 0.5)).toBe(1_000_000);
  });

  test("of nothing is 0", () => {
    expect(percentile(newHistogram(), 0.99)).toBe(0);
  });
});

describe("responses", () => {
  const read = (bytes: number, ...chunks: string[]): readonly Progress[] => {
    const state = newResponseState();
    return chunks.map((chunk) => readResponse(state, Buffer.from(chunk), bytes));
  };
  const whole = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";

  test("one after the other", () => {
    expect(read(5, whole, whole.replace("Content-Length", "content-length"))).toEqual(["whole", "whole"]);
  });

  test("cut at any byte", () => {
    for (let at = 1; at < whole.length; at += 1) {
      expect(read(5, whole.slice(0, at), whole.slice(at), whole)).toEqual(["more", "whole", "whole"]);
    }
  });

  test("an empty body", () => {
    expect(read(0, "HTTP/1.1 204 No Content\r\nContent-Length: 0\r\n\r\n")).toEqual(["whole"]);
  });

  test.each([
    ["another status", whole.replace("200", "502")],
    ["another length", whole.replace("5", "6")],
    ["no length", whole.replace("Content-Length", "X-Length")],
    ["more than was asked for", `${whole}!`],
    ["a head without an end", "x".repeat(3_000)],
  ])("%s is wrong", (_, text) => {
    expect(read(5, text)).toEqual(["wrong"]);
  });
});
