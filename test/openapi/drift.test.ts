import { describe, expect, test } from "bun:test";
import { reportText } from "../../src/cli/openapi-text.ts";
import { Drift, sumDrift } from "../../src/openapi/drift.ts";

describe("what is seen in traffic", () => {
  test("is counted by service and kind, so much of it, those seen most often first", () => {
    let now = 0;
    const drift = new Drift(() => now);
    for (let i = 0; i < 150; i++) drift.note("users", "path", `GET /${i}`);
    now = 60_000;
    drift.note("users", "path", "GET /7");
    drift.note("orders", "status", "GET / 418");
    const { lines, others } = drift.report();
    expect([lines.length, others]).toEqual([101, 50]);
    expect(lines[0]).toEqual({
      service: "users",
      kind: "path",
      what: "GET /7",
      count: 2,
      first: "1970-01-01T00:00:00.000Z",
      last: "1970-01-01T00:01:00.000Z",
    });
    drift.clear();
    expect(drift.report()).toEqual({ lines: [], others: 0 });
  });

  test("by several processes is one, and is in the report for people", () => {
    const at = (seconds: number, times: number) => {
      const drift = new Drift(() => seconds * 1_000);
      for (let i = 0; i < times; i++) drift.note("users", "parameter", "GET /a ?x");
      drift.note("orders", "method", `PUT /${seconds}`);
      return drift.report();
    };
    const sum = sumDrift([at(20, 1), at(10, 2), { lines: [], others: 4 }]);
    expect(sum.others).toBe(4);
    expect(sum.lines.map(({ what, count }) => `${what} ${count}`)).toEqual(["GET /a ?x 3", "PUT /20 1", "PUT /10 1"]);
    const [first] = sum.lines;
    expect([first?.first, first?.last]).toEqual(["1970-01-01T00:00:10.000Z", "1970-01-01T00:00:20.000Z"]);
    expect(reportText({ documents: [], services: [], lines: [], drift: sum })).toEndWith(`
what was seen in traffic and is not in a document
  parameter users: GET /a ?x, 3 times, last 1970-01-01T00:00:20.000Z
  method orders: PUT /20, 1 time, last 1970-01-01T00:00:20.000Z
  method orders: PUT /10, 1 time, last 1970-01-01T00:00:10.000Z
  and 4 sightings more
`);
  });
});
