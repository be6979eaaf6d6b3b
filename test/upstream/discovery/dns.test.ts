import { expect, test } from "bun:test";
import { dnsSource } from "../../../src/upstream/discovery/dns.ts";
import { createDnsClient } from "../../../src/upstream/discovery/dns-client.ts";
import { type DnsServer, startDnsServer } from "../../support/dns.ts";
import { follow, manualClock } from "./support.ts";

const NAME = "users.internal";
const a = (address: string, ttl = 30) => ({ type: "A" as const, name: NAME, data: address, ttl });
const aaaa = (address: string, ttl = 30) => ({ type: "AAAA" as const, name: NAME, data: address, ttl });
const SERVFAIL = { rcode: 2 };
const NXDOMAIN = { rcode: 3 };

function setup(server: DnsServer) {
  const clock = manualClock();
  const options = { name: NAME, port: 8080, scheme: "http" as const, minTtlMs: 5_000, maxTtlMs: 60_000 };
  const source = dnsSource(options, createDnsClient([server.address]), clock);
  return { clock, source };
}

test("each address of a name is a target, of both families", async () => {
  await using server = await startDnsServer();
  server.set(`A ${NAME}`, [a("10.0.0.1"), a("10.0.0.2")]);
  server.set(`AAAA ${NAME}`, [aaaa("fd00::1")]);
  await using following = follow(setup(server).source);
  await following.waitFor(["http://10.0.0.1:8080", "http://10.0.0.2:8080", "http://[fd00::1]:8080"]);
});

test("the name is asked for again when the first record is over, within the bounds", async () => {
  await using server = await startDnsServer();
  const { clock, source } = setup(server);
  server.set(`A ${NAME}`, [a("10.0.0.1", 20), a("10.0.0.2", 9)]);
  await using following = follow(source);
  expect(await clock.nextSleep()).toBe(9_000);
  server.set(`A ${NAME}`, [a("10.0.0.2", 0)]);
  clock.advance(9_000);
  await following.waitFor(["http://10.0.0.2:8080"]);
  expect(await clock.nextSleep()).toBe(5_000);
  server.set(`A ${NAME}`, [a("10.0.0.3", 3_600)]);
  clock.advance(5_000);
  await following.waitFor(["http://10.0.0.3:8080"]);
  expect(await clock.nextSleep()).toBe(60_000);
});

test("the time to live of very many addresses is that of the first", async () => {
  await using server = await startDnsServer();
  const { clock, source } = setup(server);
  const many = Array.from({ length: 300 }, (_, i) => a(`10.0.${i >> 8}.${i & 255}`, 20));
  server.set(`A ${NAME}`, many);
  await using following = follow(source);
  await following.waitFor(many.map(({ data }) => `http://${data}:8080`));
  expect(await clock.nextSleep()).toBe(20_000);
});

test("a family that fails does not take its targets away", async () => {
  await using server = await startDnsServer();
  const { clock, source } = setup(server);
  server.set(`A ${NAME}`, [a("10.0.0.1")]);
  server.set(`AAAA ${NAME}`, [aaaa("fd00::1")]);
  await using following = follow(source);
  await clock.nextSleep();
  server.set(`A ${NAME}`, [a("10.0.0.2")]);
  server.set(`AAAA ${NAME}`, SERVFAIL);
  clock.advance(30_000);
  await following.waitFor(["http://10.0.0.2:8080", "http://[fd00::1]:8080"]);
  await clock.nextSleep();
  server.set(`AAAA ${NAME}`, []);
  clock.advance(30_000);
  await following.waitFor(["http://10.0.0.2:8080"]);
});

test("that both families fail is told, after an answer too", async () => {
  await using server = await startDnsServer();
  const { clock, source } = setup(server);
  server.set(`A ${NAME}`, [a("10.0.0.1")]);
  await using following = follow(source);
  await clock.nextSleep();
  server.set(`A ${NAME}`, SERVFAIL);
  server.set(`AAAA ${NAME}`, SERVFAIL);
  clock.advance(30_000);
  expect(await following.ended.catch((error: unknown) => String(error))).toContain("ESERVFAIL");
  expect(following.told).toEqual([["http://10.0.0.1:8080"]]);
});

test.each([
  ["that fails", SERVFAIL, "ESERVFAIL"],
  ["that there is not", NXDOMAIN, "users.internal has no address"],
  ["without addresses", [], "users.internal has no address"],
])("a name %s is no answer", async (_, reply, message) => {
  await using server = await startDnsServer();
  server.set(`A ${NAME}`, reply);
  server.set(`AAAA ${NAME}`, reply);
  await using following = follow(setup(server).source);
  expect(await following.ended.catch((error: unknown) => String(error))).toContain(message);
  expect(following.told).toEqual([]);
});

test("a server that is silent is given up", async () => {
  await using server = await startDnsServer();
  server.set(`A ${NAME}`, "silence");
  server.set(`AAAA ${NAME}`, "silence");
  await using following = follow(setup(server).source);
  expect(await following.ended.catch((error: unknown) => String(error))).toContain("ETIMEOUT");
}, 60_000);
