import { describe, expect, test } from "bun:test";
import { loadConfig } from "../../src/config/load.ts";
import { formatProblem } from "../../src/config/report.ts";
import { createRegistry } from "../../src/registry/registry.ts";
import { tempFolder } from "../support/temp.ts";

const registry = await createRegistry(new URL("../../plugins", import.meta.url).pathname);

async function load(alerts: string) {
  using folder = tempFolder();
  const file = folder.write(
    "gateway.yaml",
    `alerts: ${alerts}
services: { users: { targets: ["http://127.0.0.1:1"] }, shop: { targets: ["http://127.0.0.1:1"] } }
routes: [{ name: people, path: /people, service: users }, { path: "/shop/*", service: shop }]
`,
  );
  return await loadConfig(file, { env: { HOOK: "ftp://hush-hook" }, plugins: registry });
}

async function problemsOf(alerts: string): Promise<readonly string[]> {
  return (await load(alerts)).problems.map((problem) => formatProblem(problem, false));
}

const rule = (text: string) => `{ rules: [{ name: mine, ${text} }] }`;

describe("alerts that make sense are taken:", () => {
  test.each([
    "{}",
    "{ rules: [default] }",
    "{ rules: [errors, targets], anomalies: {} }",
    "{ rules: [default, { name: errors, kind: errors, objective: 99.5% }] }",
    rule("kind: errors, route: people"),
    rule('kind: errors, route: [people, "/shop/*"]'),
    rule("kind: latency, slower-than: 300ms, service: users, per: service"),
    rule("kind: errors, per: all, objective: 90%, windows: [{ burn: 5, long: 1h, short: 5m, severity: warning }]"),
    rule("kind: saturation, of: pool, above: 90%, service: shop"),
    rule("kind: saturation, of: loop-lag, above: 100ms"),
    rule("kind: saturation, of: memory, above: 2gb"),
    rule("kind: state, of: certificate, within: 30d"),
    rule("kind: anomaly, of: rate, season: day"),
    '{ webhooks: [{ url: "https://hooks.example.com/x", format: slack, severity: critical }] }',
  ])("%s", async (alerts) => {
    expect(await problemsOf(alerts)).toEqual([]);
  });
});

describe("what is wrong is a problem at its place:", () => {
  test.each([
    ["{ rules: [^defualt] }", 'expected default, or the name of a rule that is built in, found "defualt"', '"default"'],
    ["{ ^webhoks: [] }", "webhoks", '"webhooks"'],
    [rule("kind: ^eror"), "expected errors, latency, saturation, state or anomaly", ""],
    [rule("kind: errors, route: ^peple"), 'expected the name of a route, found "peple"', '"people"'],
    [rule("kind: errors, service: [users, ^shp]"), 'expected the name of a service, found "shp"', '"shop"'],
    [rule("kind: errors, ^routes: [people]"), 'unknown key "routes"', '"route"'],
    [rule("kind: errors, slower-than: ^1s"), "a rule of kind errors has no slower-than", "it may have"],
    ["{ rules: [^{ name: mine, kind: latency }] }", "a rule of kind latency needs slower-than", "300ms"],
    [rule("kind: latency, slower-than: ^2m"), "latencies are told apart up to 60 s", "at most 60s"],
    [rule("kind: latency, slower-than: ^300"), "expected a duration such as", "give it a unit"],
    [rule("kind: latency, slower-than: ^0s"), "every request takes longer", "300ms"],
    [rule("kind: errors, objective: ^100%"), "100% allows no failure", "99.9%"],
    [rule("kind: errors, objective: ^90%"), "a burn of 14.4 is never reached: with this objective it is 10", ""],
    ["{ rules: [^{ name: mine, kind: saturation, above: 90% }] }", "a rule of kind saturation needs of", "pool"],
    [
      rule("kind: saturation, of: ^pol, above: 90%"),
      "expected pool, pending, max-requests, loop-lag or memory",
      '"pool"',
    ],
    ["{ rules: [^{ name: mine, kind: saturation, of: pool }] }", "of: pool needs above", "90%"],
    [rule("kind: saturation, of: ^5, above: 90%"), "expected text", ""],
    [rule("kind: saturation, of: pool, above: ^much"), "expected a share such as 90%, a duration", ""],
    [rule("kind: saturation, of: pool, above: ^0%"), "it would fire all the time", "90%"],
    [rule("kind: state, of: reload, within: ^14d"), "within has no effect with of: reload", "of: certificate"],
    [rule("kind: saturation, of: pool, above: ^2gb"), "of pool it is a share such as 90%", ""],
    [rule("kind: saturation, of: pool, above: ^110%"), "more than 100% is never reached", ""],
    [rule("kind: saturation, of: loop-lag, above: ^90%"), "of loop-lag it is a duration such as 200ms", ""],
    [rule("kind: saturation, of: memory, above: 2gb, service: ^users"), "memory is no matter of a service", ""],
    [rule("kind: state, of: target, per: ^all"), "a rule of kind state has no per", ""],
    [rule("kind: errors, per: ^all, route: people"), "all requests are of no route or service alone", ""],
    [rule("kind: errors, route: people, service: ^users"), "a rule is of routes or of services, not of both", ""],
    [rule("kind: errors, windows: [{ burn: 2, long: 5m, short: ^1h, severity: warning }]"), "less than long", ""],
    ["{ rules: [{ name: a, kind: errors }, { name: ^a, kind: errors }] }", 'two rules have the name "a"', ""],
    ["{ rules: [{ name: ^A B, kind: errors }] }", "a name of small letters", ""],
    ["{ repeat: ^1s }", "no less than group-interval", ""],
    ['{ webhooks: [{ url: ^"hush://x" }] }', "expected a URL that begins with https://", ""],
    ['{ webhooks: [{ url: ^"https://ann:hush@x" }] }', "without user and fragment", ""],
    ['{ webhooks: [{ url: "https://x", headers: { "x key": ^"hush" } }] }', "a header can have", ""],
    ['{ webhooks: [{ url: "https://x", headers: { x-key: ^"hush\\n" } }] }', "a header can have", ""],
    ['{ webhooks: [{ url: "https://x", timeout: ^0s }] }', "nothing can be done in no time", ""],
    [
      '{ webhooks: [{ url: "https://a", name: n }, { url: "https://b", name: ^n }] }',
      'two webhooks have the name "n"',
      "",
    ],
  ])("%s", async (marked, text, hint) => {
    const problems = await problemsOf(marked.replace("^", ""));
    expect(problems).toHaveLength(1);
    expect(problems[0]).toContain(`gateway.yaml:1:${"alerts: ".length + marked.indexOf("^") + 1} `);
    expect(problems[0]).toContain(text);
    expect(problems[0]).toContain(hint);
    expect(problems[0]).not.toContain("hush");
  });
});

test("the address of a webhook is in no problem", async () => {
  const problems = await problemsOf(`{ webhooks: [{ url: "\${HOOK}" }] }`);
  expect(problems).toHaveLength(1);
  expect(problems[0]).not.toContain("hush");
});
