import { expect, test } from "bun:test";
import { loadConfig } from "../../src/config/load.ts";
import { formatProblem } from "../../src/config/report.ts";
import { createRegistry } from "../../src/registry/registry.ts";
import { tempFolder } from "../support/temp.ts";

const registry = await createRegistry(new URL("../../plugins", import.meta.url).pathname);

async function load(telemetry: string, env: Readonly<Record<string, string>> = {}) {
  using folder = tempFolder();
  const routes = "routes: [{ path: /*, plugins: { respond: {} } }]";
  const file = folder.write("gateway.yaml", `telemetry: ${telemetry}\n${routes}\n`);
  const loaded = await loadConfig(file, { env, plugins: registry });
  return { loaded, problems: loaded.problems.map((problem) => formatProblem(problem, false)) };
}

test("what is left out has its default", async () => {
  const { loaded } = await load('{ otlp: "http://127.0.0.1:4318" }');
  expect(loaded.ok && loaded.config.telemetry).toEqual({
    otlp: "http://127.0.0.1:4318",
    sampling: 0.01,
    "service-name": "sluice",
    parent: "trusted",
    propagation: ["tracecontext"],
    headers: {},
    resource: {},
    interval: 1_000,
    queue: 2_048,
    timeout: 10_000,
  });
});

test("without the section there is none", async () => {
  using folder = tempFolder();
  const file = folder.write("gateway.yaml", "routes: [{ path: /*, plugins: { respond: {} } }]\n");
  const loaded = await loadConfig(file, { env: {}, plugins: registry });
  expect(loaded.ok && loaded.config.telemetry).toBeUndefined();
});

test.each([
  '{ otlp: "" }',
  '{ otlp: "https://collector:4318/base", sampling: 0%, parent: ignore, limit: 5 }',
  '{ otlp: "http://[::1]:4318", propagation: [b3, b3multi, tracecontext], headers: { x: "", y: "a b" } }',
])("%s is taken", async (telemetry) => {
  expect((await load(telemetry)).problems).toEqual([]);
});

test.each([
  ["{}", "1:12", 'the key "otlp" is missing'],
  ["{ otlp: 127.0.0.1:4318 }", "1:20", "expected a URL that begins with http:// or https://"],
  ['{ otlp: "grpc://a:4317" }', "1:20", "expected a URL that begins with http:// or https://"],
  ['{ otlp: "http://me:hush@a:4318" }', "1:20", "credentials do not belong here"],
  ['{ otlp: "http://a:4318/?key=hush" }', "1:20", "expected a URL without a query"],
  ['{ otlp: "", sampling: 101% }', "1:34", "there are no more traces than 100%"],
  ['{ otlp: "", sampling: 0.01 }', "1:34", "expected a share such as 20%"],
  ['{ otlp: "", parent: everybody }', "1:32", "expected trusted, respect or ignore"],
  ['{ otlp: "", propagation: [w3c] }', "1:38", "expected tracecontext, b3 or b3multi"],
  ['{ otlp: "", propagation: [] }', "1:37", "at least 1"],
  ['{ otlp: "", propagation: [b3, b3] }', "1:42", "b3 is there already"],
  ['{ otlp: "", interval: 0s }', "1:34", "nothing can be done in no time"],
  ['{ otlp: "", timeout: 0s }', "1:33", "nothing can be done in no time"],
  ['{ otlp: "", queue: 0 }', "1:31", "from 1 to 100000"],
  ['{ otlp: "", limit: 0 }', "1:31", "at least 1"],
  ['{ otlp: "", headers: { "a b": hush } }', "1:42", "expected the name of a header"],
  ['{ otlp: "", headers: { Content-Type: hush } }', "1:49", "the gateway sets this header itself"],
  ['{ otlp: "", headers: { x-key: "hush\\u0007" } }', "1:42", "expected a value that a header can have"],
  ['{ otlp: "", resource: { service.name: a } }', "1:50", "the name is given by another key"],
  ['{ otlp: "", samping: 1% }', "1:24", 'did you mean "sampling"?'],
])("%s is a problem at its place", async (telemetry, place, text) => {
  const { problems } = await load(telemetry);
  expect(problems).toHaveLength(1);
  expect(problems[0]).toContain(`gateway.yaml:${place}`);
  expect(problems[0]).toContain(text);
  expect(problems[0]).not.toContain("hush");
});

test("a secret from outside is not told either", async () => {
  const { problems } = await load('{ otlp: "", headers: { x-key: "${KEY}" } }', { KEY: "hush\u0007hush" });
  expect(problems).toHaveLength(1);
  expect(problems[0]).not.toContain("hush");
});
