import { describe, expect, test } from "bun:test";
import { createDnsClient, lookupBy } from "../../../src/upstream/discovery/dns-client.ts";
import { srvSource, srvTargets } from "../../../src/upstream/discovery/srv.ts";
import { startDnsServer } from "../../support/dns.ts";
import { follow, manualClock } from "./support.ts";

const NAME = "_http._tcp.users.internal";
const record = (target: string, port: number, priority = 1, weight = 0) => {
  return { type: "SRV" as const, name: NAME, ttl: 5, data: { target, port, priority, weight } };
};

test("the hosts of the first priority are targets with their ports and weights, asked for again and again", async () => {
  await using server = await startDnsServer();
  server.set(`SRV ${NAME}`, [
    record("a.internal", 8080, 1, 3),
    record("b.internal", 8081, 1, 2),
    record("c.internal", 1, 2),
  ]);
  const clock = manualClock();
  const options = { name: NAME, scheme: "http" as const, refreshMs: 30_000 };
  await using following = follow(srvSource(options, createDnsClient([server.address]), clock));
  await following.waitFor(["http://a.internal:8080*3", "http://b.internal:8081*2"]);
  expect(await clock.nextSleep()).toBe(30_000);
  server.set(`SRV ${NAME}`, [record("c.internal", 8082, 2)]);
  clock.advance(30_000);
  await following.waitFor(["http://c.internal:8082"]);
  await clock.nextSleep();
  server.set(`SRV ${NAME}`, []);
  clock.advance(30_000);
  expect(await following.ended.catch((error: unknown) => String(error))).toContain(`${NAME} has no SRV record`);
});

test("names of targets are resolved by the same servers, though one family fails", async () => {
  await using server = await startDnsServer();
  const client = createDnsClient([server.address]);
  server.set("A a.internal", [{ type: "A", name: "a.internal", data: "10.0.0.1", ttl: 5 }]);
  server.set("AAAA a.internal", { rcode: 2 });
  expect(await lookupBy(client, "a.internal")).toEqual([{ address: "10.0.0.1", family: 4 }]);
  server.set("A a.internal", { rcode: 2 });
  expect(await lookupBy(client, "a.internal").catch(String)).toContain("ESERVFAIL");
});

describe("records", () => {
  const read = (...records: readonly (readonly [string, number, number])[]) =>
    srvTargets(
      records.map(([name, priority, weight]) => ({ name, priority, weight, port: 80 })),
      "https",
    ).map(({ url, weight }) => `${url} ${weight}`);

  test("without weights are equal", () => {
    expect(read(["a", 1, 0], ["b", 1, 0])).toEqual(["https://a:80 1", "https://b:80 1"]);
  });

  test("of weight 0 beside others get hardly any requests", () => {
    expect(read(["a", 1, 10], ["b", 1, 0])).toEqual(["https://a:80 10", "https://b:80 0.01"]);
  });

  test("may say that there is no service (RFC 2782)", () => {
    expect(read([".", 0, 0])).toEqual([]);
    expect(read(["", 0, 0])).toEqual([]);
  });

  test("are refused as a whole if a host is none", () => {
    expect(() => read(["a", 1, 0], ["b/c", 1, 0])).toThrow('"https://b/c:80" is no address of a target');
  });
});
