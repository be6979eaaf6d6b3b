import { describe, expect, test } from "bun:test";
import { loadConfig } from "../../src/config/load.ts";
import type { PluginLookup } from "../../src/config/plugin-lookup.ts";
import { tempFolder } from "../support/temp.ts";

const NO_PLUGINS: PluginLookup = { find: async () => undefined, names: () => [] };

/** What is shown of these files. */
async function shown(files: Readonly<Record<string, string>>, env: Readonly<Record<string, string>> = {}) {
  using folder = tempFolder();
  for (const [name, text] of Object.entries(files)) folder.write(name, text);
  const loaded = await loadConfig("gateway.yaml", { env, plugins: NO_PLUGINS, directory: folder.path });
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems));
  return loaded.shown;
}

describe("a configuration is shown", () => {
  test("as one, of all its files, with the place of each key", async () => {
    const { configuration, places } = await shown({
      "gateway.yaml": `include: ["more.yaml"]\nerrors:\n  format: envelope\nservices:\n  a: { targets: ["http://a"] }\n`,
      "more.yaml": `\nservices: { b: { targets: ["http://b"] } }\nroutes:\n  - path: /b\n    service: b\n    headers:\n      x.b: "1"\n`,
    });
    expect(configuration).toEqual({
      include: ["more.yaml"],
      errors: { format: "envelope" },
      services: { a: { targets: ["http://a"] }, b: { targets: ["http://b"] } },
      routes: [{ path: "/b", service: "b", headers: { "x.b": "1" } }],
    });
    expect(places).toEqual({
      include: "gateway.yaml:1",
      errors: "gateway.yaml:2",
      "errors.format": "gateway.yaml:3",
      "services.a": "gateway.yaml:5",
      "services.a.targets": "gateway.yaml:5",
      "services.b": "more.yaml:2",
      "services.b.targets": "more.yaml:2",
      "routes[0]": "more.yaml:4",
      "routes[0].path": "more.yaml:4",
      "routes[0].service": "more.yaml:5",
      "routes[0].headers": "more.yaml:6",
      'routes[0].headers["x.b"]': "more.yaml:7",
    });
  });

  test("without a secret, whether it is written or comes from outside", async () => {
    const env = { TOKEN: "hush-token", HOST: "hush-host" };
    const text = `admin: { token: "\${TOKEN}" }
redis: { url: "redis://ann:hush-url@\${HOST:-hush-default}:1", password: hush-password }
services:
  token: { targets: ["http://\${HOST:-x}:1"], discover: { consul: { url: "http://c", service: s, token: hush-acl } } }
`;
    const { configuration } = await shown({ "gateway.yaml": text }, env);
    expect(configuration).toEqual({
      admin: { token: `\${TOKEN}` },
      redis: { url: `redis://[redacted]@\${HOST:-hush-default}:1`, password: "[redacted]" },
      services: {
        token: {
          targets: [`http://\${HOST:-x}:1`],
          discover: { consul: { url: "http://c", service: "s", token: "[redacted]" } },
        },
      },
      routes: [],
    });
  });

  test("without the default of a variable that is a secret; an empty one is none", async () => {
    const text = (token: string) => ({ "gateway.yaml": `admin: { token: ${token} }\n` });
    expect((await shown(text(`"\${T:-hush}"`))).configuration.admin).toEqual({ token: "[redacted]" });
    expect((await shown(text(`"a\${T}"`), { T: "b" })).configuration.admin).toEqual({ token: "[redacted]" });
    expect((await shown(text('""'))).configuration.admin).toEqual({ token: "" });
  });
});
