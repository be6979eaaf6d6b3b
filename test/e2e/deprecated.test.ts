import { expect, test } from "bun:test";
import { startInProcess } from "../support/in-process.ts";
import { connect } from "../support/raw.ts";
import { replies, response } from "../support/scripts.ts";
import { startUpstream } from "../support/upstream.ts";

const ask = (path: string) => `GET ${path} HTTP/1.1\r\nHost: gateway\r\n\r\n`;

test("every reply of a deprecated route says so, also a refusal, and no other route's does", async () => {
  using upstream = startUpstream(replies(response("ok", { headers: [["Link", "</next>; rel=next"]] })));
  await using gateway = await startInProcess(`
services: { users: { targets: ["${upstream.url}"] } }
routes:
  - { path: /plain, service: users }
  - { path: /not, service: users, deprecated: false }
  - { path: /old, service: users, deprecated: true }
  - path: /dated
    service: users
    deprecated: { since: 2026-01-01, sunset: 2026-12-31T12:00:00Z, link: "https://example.com/new" }
  - path: /refused
    service: users
    deprecated: { sunset: 2027-01-01, link: /docs/new }
    plugins: { ip-restriction: { deny: [127.0.0.1] } }`);
  using client = await connect(gateway.port);
  const told = async (path: string) => {
    const { status, header } = await client.exchange(ask(path));
    return [status, header("deprecation"), header("sunset"), header("link")];
  };
  const own = "</next>; rel=next";
  expect(await told("/plain")).toEqual([200, undefined, undefined, own]);
  expect(await told("/not")).toEqual([200, undefined, undefined, own]);
  expect(await told("/old")).toEqual([200, "@0", undefined, own]);
  const { headers } = await client.exchange(ask("/dated"));
  expect(headers.filter(([name]) => /^(deprecation|sunset|link)$/i.test(name))).toEqual([
    ["link", own],
    ["deprecation", "@1767225600"],
    ["sunset", "Thu, 31 Dec 2026 12:00:00 GMT"],
    ["link", '<https://example.com/new>; rel="deprecation"'],
  ]);
  expect(await told("/refused")).toEqual([
    403,
    "@0",
    "Fri, 01 Jan 2027 00:00:00 GMT",
    '</docs/new>; rel="deprecation"',
  ]);
});

test("what the service says of it gives way", async () => {
  const headers = [
    ["Deprecation", "@1"],
    ["Sunset", "Thu, 01 Jan 2026 00:00:00 GMT"],
    ["Deprecation", "@2"],
  ] as const;
  using upstream = startUpstream(replies(response("ok", { headers })));
  await using gateway = await startInProcess(`
services: { users: { targets: ["${upstream.url}"] } }
routes:
  - { path: /both, service: users, deprecated: { since: 2026-01-01, sunset: 2027-01-01 } }
  - { path: /one, service: users, deprecated: true }`);
  using client = await connect(gateway.port);
  const told = async (path: string) => {
    const { headers } = await client.exchange(ask(path));
    return headers.filter(([name]) => /^(deprecation|sunset)$/i.test(name)).map(([, value]) => value);
  };
  expect(await told("/both")).toEqual(["@1767225600", "Fri, 01 Jan 2027 00:00:00 GMT"]);
  // Nobody has said here when it goes away: the service may.
  expect((await told("/one")).sort()).toEqual(["@0", "Thu, 01 Jan 2026 00:00:00 GMT"]);
});
