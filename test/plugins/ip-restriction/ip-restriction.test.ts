import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import ipRestriction from "../../../plugins/ip-restriction/index.ts";
import { testPlugin } from "../../../src/testing.ts";
import { startInProcess } from "../../support/in-process.ts";
import { problemOf } from "../../support/problem.ts";
import { connect } from "../../support/raw.ts";
import { replies } from "../../support/scripts.ts";
import { startUpstream } from "../../support/upstream.ts";

async function isLetIn(options: Record<string, unknown>, clientAddress: string): Promise<boolean> {
  const t = await testPlugin(ipRestriction, options);
  const { outcome } = await t.request({ peer: { clientAddress } });
  return outcome.attempts === 1;
}

describe("who is let in", () => {
  const NETWORK = { allow: ["10.0.0.0/8", "2001:db8::/32", "192.0.2.7"] };
  test.each([
    [NETWORK, "10.0.0.0", true],
    [NETWORK, "10.255.255.255", true],
    [NETWORK, "9.255.255.255", false],
    [NETWORK, "11.0.0.0", false],
    [NETWORK, "::ffff:10.1.2.3", true],
    [NETWORK, "192.0.2.7", true],
    [NETWORK, "192.0.2.8", false],
    [NETWORK, "2001:db8:ffff::1", true],
    [NETWORK, "2001:db9::1", false],
    [NETWORK, "::10.0.0.1", false],
    [NETWORK, "", false],
    [{ deny: ["10.0.0.0/8"] }, "10.0.0.1", false],
    [{ deny: ["10.0.0.0/8"] }, "::ffff:a00:1", false],
    [{ deny: ["10.0.0.0/8"] }, "11.0.0.1", true],
    [{ deny: ["10.0.0.0/8"] }, "2001:db8::1", true],
    [{ deny: ["::ffff:10.0.0.0/104"] }, "10.9.9.9", false],
    [{ deny: ["::/0"] }, "2001:db8::1", false],
    [{ deny: ["::/0"] }, "10.0.0.1", true],
    [{ deny: ["0.0.0.0/0"] }, "10.0.0.1", false],
    [{ allow: ["10.0.0.0/8"], deny: ["10.66.0.0/16"] }, "10.66.0.1", false],
    [{ allow: ["10.0.0.0/8"], deny: ["10.66.0.0/16"] }, "10.67.0.1", true],
    [{ allow: ["10.66.0.1"], deny: ["10.0.0.0/8"] }, "10.66.0.1", false],
    [{ allow: ["10.0.0.0/8"], deny: [] }, "10.0.0.1", true],
  ])("%j: %s %p", async (options, address, expected) => {
    expect(await isLetIn(options, address)).toBe(expected);
  });

  test("deny wins over allow, whatever the lists", async () => {
    const address = fc.ipV4();
    const block = fc.tuple(address, fc.nat(32)).map(([ip, bits]) => `${ip}/${bits}`);
    const property = fc.asyncProperty(address, fc.array(block), fc.nat(32), async (ip, allow, bits) => {
      expect(await isLetIn({ allow: [...allow, ip], deny: [`${ip}/${bits}`] }, ip)).toBe(false);
      expect(await isLetIn({ allow: [...allow, `::ffff:${ip}`] }, ip)).toBe(true);
    });
    await fc.assert(property);
  });
});

test("a refusal says nothing of the lists, and is not the service's", async () => {
  const t = await testPlugin(ipRestriction, { allow: ["10.0.0.0/8"] });
  const { reply, outcome } = await t.request();
  expect(outcome).toMatchObject({ status: 403, errorCode: "forbidden", errorSource: "downstream", attempts: 0 });
  expect(await reply.body.json(1_000)).toMatchObject({ detail: "Requests from this address are not allowed" });
});

describe("what is refused at load", () => {
  test.each([
    [{}, "say who is let in or kept out"],
    [{ deny: [] }, "say who is let in or kept out"],
    [{ allow: [] }, "allow: expected a list of at least 1, found an empty list"],
    [
      { allow: ["10.0.0.0/8", "10.0.0/8"] },
      'allow[1]: expected an address or a CIDR such as 10.0.0.0/8 or 2001:db8::/32, found "10.0.0/8"',
    ],
    [{ deny: ["10.0.0.0/33"] }, "deny[0]: expected an address or a CIDR"],
    [{ deny: ["example.com"] }, "deny[0]: expected an address or a CIDR"],
    [{ deny: ["010.0.0.1"] }, "deny[0]: expected an address or a CIDR"],
    [{ deny: [10] }, "deny[0]: expected an address or a CIDR"],
    [{ deny: "10.0.0.0/8" }, "deny: expected a list"],
  ])("%j", async (options, message) => {
    await expect(testPlugin(ipRestriction, options)).rejects.toThrow(message);
  });
});

test("the address is the connection's, or what a trusted proxy tells, and nobody else", async () => {
  using upstream = startUpstream(replies());
  const yaml = (proxies: string) => `
listen: { host: 127.0.0.1, port: 0, trusted-proxies: ${proxies} }
services: { all: { targets: ["${upstream.url}"] } }
routes:
  - { path: /friends, service: all, plugins: { ip-restriction: { allow: [203.0.113.0/24] } } }
  - { path: /others, service: all, plugins: { ip-restriction: { deny: [203.0.113.0/24] } } }
`;
  const ask = async (port: number, path: string, from: string) => {
    using client = await connect(port);
    const reply = await client.exchange(`GET ${path} HTTP/1.1\r\nHost: gw\r\nX-Forwarded-For: ${from}\r\n\r\n`);
    return reply.status === 200 ? "200" : problemOf(reply);
  };
  await using behindProxy = await startInProcess(yaml("[127.0.0.1]"));
  expect(await ask(behindProxy.port, "/friends", "203.0.113.9")).toBe("200");
  expect(await ask(behindProxy.port, "/friends", "203.0.113.9, 198.51.100.1")).toBe("403 forbidden");
  expect(await ask(behindProxy.port, "/others", "::ffff:203.0.113.9")).toBe("403 forbidden");
  await using direct = await startInProcess(yaml("[]"));
  expect(await ask(direct.port, "/friends", "203.0.113.9")).toBe("403 forbidden");
  expect(await ask(direct.port, "/others", "203.0.113.9")).toBe("200");
  expect(upstream.requests).toHaveLength(2);
});
