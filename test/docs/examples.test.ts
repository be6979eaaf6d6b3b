import { afterAll, describe, expect, test } from "bun:test";
import { copyFileSync } from "node:fs";
import { compileLoaded } from "../../src/boot.ts";
import { loadConfig } from "../../src/config/load.ts";
import { Gateway } from "../../src/gateway.ts";
import { createNullLogger } from "../../src/observe/log.ts";
import type { Plugin } from "../../src/plugin.ts";
import { createRegistry, type Registry } from "../../src/registry/registry.ts";
import { createTestLasting } from "../../src/testing/lasting.ts";
import { tempFolder } from "../support/temp.ts";
import { makeCertificates } from "../support/tls.ts";
import { allPages, blocksOf, ORDERS_FILE, ordersDocument, PROJECT, readPage } from "./pages.ts";

/*
 * Every example in YAML is loaded, and its plugins are set up, as the gateway does it. An example may leave out `services`
 * or `routes`: each service that its routes name is then declared for it, each service that it declares gets a route, and
 * where there is neither, one route answers by itself. What it has must be whole. The files that examples name are in the
 * folder, and the plugins that docs/plugins.md writes are where it puts them.
 */
const folder = tempFolder();
afterAll(() => folder.remove());
const { ca, server } = makeCertificates(folder.path);
copyFileSync(server.certFile, folder.file("tls.crt"));
copyFileSync(server.keyFile, folder.file("tls.key"));
copyFileSync(ca.certFile, folder.file("clients-ca.crt"));
copyFileSync(ca.certFile, folder.file("redis-ca.pem"));
for (const [name, names] of [
  ["shop", ["DNS:shop.example.com"]],
  ["api", ["DNS:api.example.com"]],
  ["partners", ["DNS:partners.example.net", "DNS:*.example.net"]],
] as const) {
  const pair = makeCertificates(folder.path, { names }).server;
  copyFileSync(pair.certFile, folder.file(`${name}.crt`));
  copyFileSync(pair.keyFile, folder.file(`${name}.key`));
}
folder.write(ORDERS_FILE, ordersDocument());
folder.write("redis.password", "secret");
folder.write("services/team.yaml", "services: {}\n");
folder.write("targets.yaml", "targets: [http://10.0.0.5:4001]\n");

/** The plugins that the guide writes, each as often as it does; importing the contract as those elsewhere do. */
function written(name: string): readonly string[] {
  const sources = blocksOf(readPage("docs/plugins.md"), "ts").filter(({ text }) =>
    text.startsWith(`// plugins/${name}.ts`),
  );
  return sources.map(({ text }) => text.replace("../src/plugin.ts", "sluice/plugin"));
}
const allowances = written("allowance");
const firstAllowance = folder.write("first/allowance.ts", allowances[0] ?? "");
folder.write("my-plugins/allowance.ts", allowances.at(-1) ?? "");
folder.write("node_modules/@team/sluice-fallback/index.ts", written("fallback")[0] ?? "");
folder.write("node_modules/@team/sluice-fallback/package.json", '{ "type": "module", "exports": "./index.ts" }');

const installed = await createRegistry(`${PROJECT}/plugins`);
/** The plugins of the gateway, and the one that the guide begins with. */
const plugins: Registry = {
  ...installed,
  find: (name, directory) => installed.find(name === "allowance" ? firstAllowance : name, directory),
};

/** What is wrong with an example, in the words of the gateway. */
async function faultsOf(yaml: string): Promise<readonly string[]> {
  const file = folder.write("gateway.yaml", completed(yaml));
  const loaded = await loadConfig<Plugin>(file, { env: { ADMIN_TOKEN: "tUNq0vXw3Rk9sLd7" }, plugins });
  const problems = loaded.problems.map(({ message }) => message);
  if (!loaded.ok) return problems;
  const gateway = await compileLoaded(loaded, { ...createTestLasting(), log: createNullLogger() });
  if (!(gateway instanceof Gateway)) return [...problems, ...gateway];
  await gateway.close();
  return problems;
}

interface Example {
  readonly services?: Readonly<Record<string, unknown>>;
  readonly routes?: readonly {
    readonly service?: string;
    readonly weighted?: readonly { readonly service: string }[];
  }[];
}

function completed(yaml: string): string {
  const { services, routes } = (Bun.YAML.parse(yaml) ?? {}) as Example;
  if (routes === undefined)
    return `${yaml}\nroutes:\n${
      Object.keys(services ?? {})
        .map(routeTo)
        .join("") || ANSWER
    }`;
  const named = routes.flatMap(({ service, weighted = [] }) => [service, ...weighted.map((share) => share.service)]);
  const missing = new Set(named.filter((name) => name !== undefined));
  if (services !== undefined || missing.size === 0) return yaml;
  return `${yaml}\nservices:\n${[...missing].map(declaration).join("")}`;
}

const ANSWER = "  - { path: /, plugins: { respond: {} } }\n";

function routeTo(service: string): string {
  return `  - { path: /${service}, service: ${service} }\n`;
}

function declaration(service: string): string {
  return `  ${service}: { targets: ["http://127.0.0.1:4001"] }\n`;
}

const examples = allPages().flatMap((page) => blocksOf(page, "yaml"));

describe("the examples in YAML", () => {
  test("are found in the pages", () => {
    const pages = new Set(examples.map(({ place }) => place.replace(/:\d+$/, "")));
    expect([...pages]).toEqual(expect.arrayContaining(["README.md", "docs/services.md", "docs/listeners.md"]));
  });

  test.each(examples.map(({ place, text }) => [place, text]))("%s is valid", async (_, text) => {
    expect(await faultsOf(text)).toEqual([]);
  });

  test.each([
    ["a key that is none", "listen: { ports: 1 }\n", "unknown key"],
    ["a service that is not declared", "services: {}\nroutes: [{ path: /, service: users }]\n", "users"],
    [
      "options that a plugin refuses when it is set up",
      'plugins: { headers: { response: { set: { te: "x" } } } }\n',
      "te",
    ],
    ["a file that is not there", "listen: { tls: { cert: ./no.crt, key: ./tls.key } }\n", "no.crt"],
  ])("%s would be found out", async (_, text, word) => {
    expect((await faultsOf(text)).join("\n")).toContain(word);
  });
});
