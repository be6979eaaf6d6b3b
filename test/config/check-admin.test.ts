import { describe, expect, test } from "bun:test";
import { loadConfig } from "../../src/config/load.ts";
import { formatProblem } from "../../src/config/report.ts";
import { createRegistry } from "../../src/registry/registry.ts";
import { tempFolder } from "../support/temp.ts";

const registry = await createRegistry(new URL("../../plugins", import.meta.url).pathname);

async function problemsOf(token: string, env: Readonly<Record<string, string>> = {}): Promise<readonly string[]> {
  using folder = tempFolder();
  const text = `admin: { token: ${JSON.stringify(token)} }\nroutes: [{ path: /*, plugins: { respond: {} } }]\n`;
  const { problems } = await loadConfig(folder.write("gateway.yaml", text), { env, plugins: registry });
  return problems.map((problem) => formatProblem(problem, false));
}

describe("a token of the admin port", () => {
  test.each(["", "t0ken", "aGk+/w==", "a-._~b", "a,b;c"])("%p can be sent", async (token) => {
    expect(await problemsOf(token)).toEqual([]);
  });

  test.each(["hush hush", " hush", "hush\n", "hüsh", "hush\u0000"])("%p cannot, and is not shown", async (token) => {
    for (const problems of [await problemsOf(token), await problemsOf("${ADMIN_TOKEN}", { ADMIN_TOKEN: token })]) {
      expect(problems).toHaveLength(1);
      expect(problems[0]).toContain("gateway.yaml:1:17 error admin.token: expected a token of visible ASCII");
      expect(problems[0]).toContain("openssl rand");
      expect(problems[0]).not.toMatch(/h[uü]sh/);
    }
  });
});
