import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { type InProcessGateway, startInProcess } from "../support/in-process.ts";
import { startIntrospection } from "../support/introspection.ts";
import { problemOf } from "../support/problem.ts";
import { exchange } from "../support/raw.ts";
import { echoes, replies, response } from "../support/scripts.ts";
import { startUpstream } from "../support/upstream.ts";

const ADA = await Bun.password.hash("pw", { algorithm: "bcrypt", cost: 4 });
const upstream = startUpstream(echoes());
const auth = startUpstream(replies(response("", { headers: [["X-User-Id", "ada"]] })));
const introspection = startIntrospection();
introspection.tokens.set("good", { active: true, sub: "ada", scope: "read", roles: ["staff"] });
let gateway: InProcessGateway;

beforeAll(async () => {
  gateway = await startInProcess(`
services: { echo: { targets: ["${upstream.url}"] } }
routes:
  - { path: /basic, service: echo, plugins: { basic-auth: { users: { ada: "${ADA}" } } } }
  - path: /token
    service: echo
    plugins:
      acl: { allow: { roles: { any: [staff] }, principals: [ada] } }
      oauth2-introspection:
        { endpoint: "${introspection.url}", client-id: a, client-secret: b, forward-claims: { sub: x-user-id } }
  - path: /auth
    service: echo
    plugins:
      forward-auth: { url: "${auth.url}/", response-headers: [x-user-id], principal-header: x-user-id }
  - { path: /acl, service: echo, plugins: { acl: {}, basic-auth: { users: { ada: "${ADA}" }, optional: true } } }
`);
});

afterAll(async () => {
  await gateway.stop();
  upstream.stop();
  auth.stop();
  await introspection.stop();
});

async function ask(path: string, ...lines: readonly string[]): Promise<string> {
  const head = ["Host: a", ...lines, "Connection: close"].join("\r\n");
  const reply = await exchange(gateway.port, `GET ${path} HTTP/1.1\r\n${head}\r\n\r\n`);
  return reply.status === 200 ? reply.body.toString() : problemOf(reply);
}

const basic = `Authorization: Basic ${btoa("ada:pw")}`;

describe("on the wire", () => {
  test.each([["/basic"], ["/token"], ["/acl"]])("two Authorization lines at %s are malformed", async (path) => {
    expect(await ask(path, basic, basic)).toBe("400 bad_request");
    expect(await ask(path, "Authorization: Bearer good", "authorization: Bearer good")).toBe("400 bad_request");
  });

  test("credentials are removed before the service", async () => {
    expect(await ask("/basic", basic, "X-Other: 1")).toMatch(/x-other: 1/i);
    expect(await ask("/basic", basic)).not.toMatch(/authorization/i);
    expect(await ask("/basic", basic.replace("Authorization:", "AUTHORIZATION:"))).not.toMatch(/authorization/i);
  });

  test.each([
    ["/token", "Authorization: Bearer good"],
    ["/auth", "X-Any: 1"],
  ])("headers of claims at %s are the gateway's word, however a client spells them", async (path, credential) => {
    const spoofed = ["X-User-Id: root", "x-user-id: root", "X_User_Id: root", "x-user_id: root"];
    const seen = await ask(path, credential, ...spoofed);
    expect(seen.match(/^x.user.id: .*$/gim)?.map((line) => line.trim().toLowerCase())).toEqual(["x-user-id: ada"]);
  });

  test("naming a header in Connection does not take the gateway's own away", async () => {
    for (const [path, credential] of [
      ["/token", "Authorization: Bearer good"],
      ["/auth", "X-Any: 1"],
    ] as const) {
      const head = ["Host: a", credential, "X-User-Id: root", "Connection: close, x-user-id"].join("\r\n");
      const reply = await exchange(gateway.port, `GET ${path} HTTP/1.1\r\n${head}\r\n\r\n`);
      expect(
        reply.body
          .toString()
          .match(/^x-user-id: .*$/gim)
          ?.map((line) => line.trim()),
      ).toEqual(["x-user-id: ada"]);
    }
  });

  test("acl runs after authentication, though it stands before it", async () => {
    expect(await ask("/acl")).toBe("401 unauthenticated");
    expect(await ask("/acl", basic)).toMatch(/^GET \/acl/);
    expect(await ask("/acl", `Authorization: Basic ${btoa("ada:no")}`)).toBe("401 unauthenticated");
    expect(await ask("/token", "Authorization: Bearer bad")).toBe("401 unauthenticated");
  });

  test("a credential of a megabyte is refused by the listener, one that fits by the plugin", async () => {
    expect(await ask("/basic", `Authorization: Basic ${"A".repeat(1_048_576)}`)).toBe("431 headers_too_large");
    expect(await ask("/basic", `Authorization: Basic ${"A".repeat(12_000)}`)).toBe("401 unauthenticated");
  });
});

test("the introspection server that goes away and comes back", async () => {
  const token = ["Authorization: Bearer later"];
  introspection.tokens.set("later", { active: true, sub: "ada", roles: ["staff"] });
  const { port } = introspection;
  expect(await ask("/token", "Authorization: Bearer good")).toMatch(/^GET \/token/);
  await introspection.stop();
  expect(await ask("/token", ...token)).toBe("503 identity_unavailable");
  // What is remembered holds.
  expect(await ask("/token", "Authorization: Bearer good")).toMatch(/^GET \/token/);
  await using again = startIntrospection(port);
  again.tokens.set("later", { active: true, sub: "ada", roles: ["staff"] });
  expect(await ask("/token", ...token)).toMatch(/^GET \/token/);
});
