import { describe, expect, test } from "bun:test";
import { Random } from "../fuzz/random.ts";
import { response } from "../support/scripts.ts";
import { startUpstream } from "../support/upstream.ts";
import type { Kind } from "./client.ts";
import { contentAt, SUM_FIELD, sumOf } from "./content.ts";
import { KINDS } from "./kinds.ts";
import { Load } from "./load.ts";

function kindOf(name: string): Kind {
  const kind = KINDS.find((one) => one.name === name);
  if (kind === undefined) throw new Error(`there is no kind ${name}`);
  return kind;
}

/** A service whose bodies differ in one bit, or that answers with the part of another request. */
function wrongPart(how: "bit" | "other", target: string): string {
  const [, , place, length] = target.replace("?chunked", "").split("/").map(Number);
  const bytes = Buffer.from(contentAt((place ?? 0) + (how === "other" ? 1 : 0), length ?? 0));
  const headers = [[SUM_FIELD, sumOf(bytes)]] as const;
  if (how === "bit") bytes[0] = (bytes[0] ?? 0) ^ 1;
  return response(bytes.toString("latin1"), { headers });
}

describe("a client of the soak", () => {
  test.each(["small", "large", "pipelined", "slow"])("of the kind %s finds a wrong byte", async (name) => {
    for (const how of ["bit", "other"] as const) {
      using upstream = startUpstream((request, connection) => connection.send(wrongPart(how, request.target)));
      const run = kindOf(name).run({ port: upstream.port, random: new Random(3) });
      await expect(run).rejects.toThrow("wrong bytes");
    }
  });

  test.each(["upload", "chunked"])("of the kind %s finds that a wrong byte was sent", async (name) => {
    using upstream = startUpstream((_, connection) => connection.send(response(sumOf(contentAt(1, 9)))));
    await expect(kindOf(name).run({ port: upstream.port, random: new Random(3) })).rejects.toThrow("wrong bytes");
  });

  test("of the kind faulty finds a reply that looks whole", async () => {
    using upstream = startUpstream((_, connection) => {
      void connection.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n");
      connection.close();
    });
    const run = kindOf("faulty").run({ port: upstream.port, random: new Random(3) });
    await expect(run).rejects.toThrow("looks whole");
  });
});

describe("the load", () => {
  test("counts runs, and keeps what went wrong with its seed", async () => {
    const stop = new AbortController();
    const good: Kind = { name: "good", perSecond: 1_000, run: () => Promise.resolve() };
    const bad: Kind = {
      name: "bad",
      perSecond: 1_000,
      run: () => {
        if (load.failures.length === 2) stop.abort();
        return Promise.reject(new Error("broken"));
      },
    };
    const load: Load = new Load(0, 5);
    await load.run([good, bad], stop.signal);
    expect(load.runs.get("good")).toBeGreaterThan(2);
    expect(load.total).toBe((load.runs.get("good") ?? 0) + (load.runs.get("bad") ?? 0));
    expect(load.failures[0]).toBe("bad (seed 6): broken");
  });
});
