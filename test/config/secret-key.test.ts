import { expect, test } from "bun:test";
import { loadConfig } from "../../src/config/load.ts";
import { createRegistry } from "../../src/registry/registry.ts";
import { tempFolder } from "../support/temp.ts";

const registry = await createRegistry(new URL("../../plugins", import.meta.url).pathname);
const ROUTES = "routes: [{ path: /*, plugins: { respond: {} } }]\n";

async function problemsOf(text: string): Promise<readonly string[]> {
  using folder = tempFolder();
  const { problems } = await loadConfig(folder.write("gateway.yaml", text), { env: {}, plugins: registry });
  return problems.map(({ path, message, hint }) => [path, message, hint].join(" | "));
}

test.each([
  ["admin: { token: 987654 }", "admin.token | expected text, found a number that is not shown | write it in quotes"],
  [
    "explain: { secret: 987654 }",
    "explain.secret | expected text, found a number that is not shown | write it in quotes",
  ],
  [
    "redis: { url: 'redis://x:1', password: 987654 }",
    "redis.password | expected text, found a number that is not shown",
  ],
  ["telemetry: { otlp: 'http://x', headers: { x-key: 987654 } }", "telemetry.headers.x-key | expected text, found"],
  ["telemetry: { otlp: 'http://x', headers: 'k=987654' }", "telemetry.headers | expected a map, found a text"],
  [
    "alerts: { webhooks: [{ url: 987654 }] }",
    "alerts.webhooks[0].url | expected text that is not empty, found a number",
  ],
])("%s is a problem that does not say the secret", async (section, text) => {
  const problems = await problemsOf(`${section}\n${ROUTES}`);
  expect(problems).toHaveLength(1);
  expect(problems[0]).toStartWith(text);
  expect(problems[0]).not.toContain("987654");
});

test("a plugin's secret is not said either", async () => {
  const text = "routes: [{ path: /*, plugins: { respond: {}, jwt: { algorithms: [HS256], secret: 987654 } } }]\n";
  const problems = await problemsOf(text);
  expect(problems.join()).toContain("plugins.jwt.secret");
  expect(problems.join()).not.toContain("987654");
});

test("what is no secret is told as it was found", async () => {
  expect(await problemsOf(`admin: { host: 987654 }\n${ROUTES}`)).toEqual([
    'admin.host | expected text, found the number 987654 | write it in quotes: "987654"',
  ]);
});
