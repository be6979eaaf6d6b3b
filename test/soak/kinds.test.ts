import { describe, expect, test } from "bun:test";
import { Random } from "../fuzz/random.ts";
import { exchange } from "../support/raw.ts";
import { response } from "../support/scripts.ts";
import { startUpstream } from "../support/upstream.ts";
import type { Kind } from "./client.ts";
import { contentAt, SUM_FIELD, sumOf } from "./content.ts";
import { KINDS } from "./kinds.ts";
import { Load } from "./load.ts";
import { inChunks, SUM_TRAILER, startTrailing } from "./trailing.ts";

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

  test("of the kind trailers finds a wrong trailer, and one that is not there", async () => {
    for (const trailer of [`${SUM_TRAILER}: 1-0\r\n`, ""]) {
      using upstream = startUpstream(({ body }, connection) => {
        const answer = inChunks("HTTP/1.1 200 OK\r\n", body).toString("latin1");
        void connection.send(answer.replace(/^x-sum-behind: .*\r\n/m, trailer));
      });
      const run = kindOf("trailers").run({ port: upstream.port, random: new Random(3) });
      await expect(run).rejects.toThrow("the trailer says");
    }
  });

  test("of the kind upgraded finds a wrong byte, and a wrong code", async () => {
    const wrong = Bun.serve({
      port: 0,
      fetch: (request, server) => (server.upgrade(request) ? undefined : new Response()),
      websocket: {
        message: (socket, message) => {
          if (message === "close") socket.close(4_002);
          else socket.send(new Uint8Array(message.length));
        },
      },
    });
    const errors = new Set<string>();
    for (let seed = 1; errors.size < 3 && seed < 200; seed++) {
      const run = kindOf("upgraded").run({ port: wrong.port ?? 0, random: new Random(seed) });
      errors.add(
        await run.then(() => "fine", String).then((text) => /^\w+: wrong bytes|with 4002|fine/.exec(text)?.[0] ?? text),
      );
    }
    await wrong.stop(true);
    // Fine are those that send nothing and do not ask it to close.
    expect([...errors].sort()).toEqual(["Error: wrong bytes", "fine", "with 4002"]);
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

test("the service for trailers finds one that does not fit", async () => {
  const service = startTrailing();
  const bytes = inChunks("POST / HTTP/1.1\r\nHost: a\r\n", Buffer.from("body")).toString("latin1");
  await exchange(Number(new URL(service.url).port), bytes);
  expect(service.faults).toEqual([]);
  await exchange(Number(new URL(service.url).port), bytes.replace("\r\nbo\r\n", "\r\nba\r\n"));
  expect(service.faults).toEqual([expect.stringContaining("a request's trailer says")]);
  service.stop();
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
    const load: Load = new Load({ port: 0 }, 5);
    await load.run([good, bad], stop.signal);
    expect(load.runs.get("good")).toBeGreaterThan(2);
    expect(load.total).toBe((load.runs.get("good") ?? 0) + (load.runs.get("bad") ?? 0));
    expect(load.failures[0]).toBe("bad (seed 6): broken");
  });
});
