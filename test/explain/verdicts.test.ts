import { expect, test } from "bun:test";
import { type Explainer, explainer } from "./setup.ts";

const CLAIMED = "services: { s: { targets: [http://127.0.0.1:9] } }\n";

async function verdictOf(on: Explainer, path: string, headers: Readonly<Record<string, string>> = {}, from?: string) {
  const report = await on.of("POST", path, headers, from);
  const [plugin] = report.plugins.filter(({ explanation }) => explanation !== undefined);
  return { outcome: report.outcome, ...plugin?.explanation };
}

test("plugins that only look at the request say what they would do with it", async () => {
  await using on = await explainer(`${CLAIMED}routes:
  - { path: /quota, service: s, plugins: { quota: { day: 5, key: ip } } }
  - { path: /places, service: s, plugins: { concurrency-limit: { limit: 3, key: [route, ip] } } }
  - { path: /near, service: s, plugins: { ip-restriction: { allow: [10.0.0.0/8], deny: [10.0.0.9] } } }
  - { path: /small, service: s, plugins: { body-limit: { size: 10b } } }
  - { path: /known, service: s, plugins: { acl: { allow: { scopes: { any: [read] } } } } }
  - { path: /old, plugins: { redirect: { to: /new } } }
  - { path: /page, plugins: { respond: { status: 201, body: hi } } }
`);
  const key = "ip:127.0.0.1";
  expect(await verdictOf(on, "/quota")).toMatchObject({ verdict: "depends", facts: { key, limits: ["5 a day"] } });
  expect(await verdictOf(on, "/places")).toMatchObject({ verdict: "depends", facts: { limit: 3 } });
  expect(String((await verdictOf(on, "/places")).facts?.key)).toContain(key);
  expect(await verdictOf(on, "/near", {}, "10.0.0.1")).toMatchObject({ verdict: "passes", outcome: "forwarded" });
  expect(await verdictOf(on, "/near", {}, "10.0.0.9")).toMatchObject({ status: 403, reason: "10.0.0.9 is in deny" });
  expect(await verdictOf(on, "/near")).toMatchObject({ outcome: "refused", reason: "127.0.0.1 is not in allow" });
  expect(await verdictOf(on, "/small", { "content-length": "10" })).toMatchObject({ verdict: "passes" });
  expect(await verdictOf(on, "/small", { "content-length": "11" })).toMatchObject({ outcome: "refused", status: 413 });
  expect(await verdictOf(on, "/small", { "transfer-encoding": "chunked" })).toMatchObject({ verdict: "depends" });
  expect(await verdictOf(on, "/known")).toMatchObject({ verdict: "depends", outcome: "forwarded" });
  expect(await verdictOf(on, "/old?a=1")).toMatchObject({
    outcome: "answered",
    status: 308,
    reason: "it is at /new?a=1",
  });
  expect(await verdictOf(on, "/page")).toMatchObject({ outcome: "answered", status: 201 });
});

test("acl judges the principal that jwt has found", async () => {
  const secret = "a secret of thirty-two characters";
  const sign = (scope: string) => {
    const part = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");
    const head = `${part({ alg: "HS256" })}.${part({ sub: "ann", scope, exp: Math.floor(Date.now() / 1_000) + 60 })}`;
    return `${head}.${new Bun.CryptoHasher("sha256", secret).update(head).digest("base64url")}`;
  };
  await using on = await explainer(`${CLAIMED}plugins: { jwt: { secret: "${secret}", algorithms: [HS256] } }
routes: [{ path: /*, service: s, plugins: { acl: { allow: { scopes: { any: [read] } }, deny: { scopes: { any: [admin] } } } } }]
`);
  const acl = async (scope: string) => {
    const report = await on.of("GET", "/", { authorization: `Bearer ${sign(scope)}` });
    return report.plugins.find(({ name }) => name === "acl")?.explanation;
  };
  expect(await acl("read")).toMatchObject({ verdict: "passes" });
  expect(await acl("write")).toMatchObject({ verdict: "refuses", status: 403, reason: "ann (jwt) is not in allow" });
  expect(await acl("read admin")).toMatchObject({ verdict: "refuses", reason: "ann (jwt) is in deny" });
});
