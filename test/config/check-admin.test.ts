import { describe, expect, test } from "bun:test";
import { loadConfig } from "../../src/config/load.ts";
import { formatProblem } from "../../src/config/report.ts";
import { createRegistry } from "../../src/registry/registry.ts";
import { tempFolder } from "../support/temp.ts";

const registry = await createRegistry(new URL("../../plugins", import.meta.url).pathname);

async function problemsOf(
  token: string,
  env: Readonly<Record<string, string>> = {},
  more = "",
): Promise<readonly string[]> {
  using folder = tempFolder();
  const text = `admin: { token: ${JSON.stringify(token)}${more} }\nroutes: [{ path: /*, plugins: { respond: {} } }]\n`;
  const { problems } = await loadConfig(folder.write("gateway.yaml", text), { env, plugins: registry });
  return problems.map((problem) => formatProblem(problem, false));
}

describe("a token of the admin port", () => {
  test.each(["", "aGk+/w==", "a-._~b", "a,b;c"])("%p can be sent", async (token) => {
    expect(await problemsOf(token === "" ? "" : `${token}Rk9sLd7tUNq0vXw3`)).toEqual([]);
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

describe("a token that could be guessed", () => {
  const SHORT =
    "error admin.token: expected at least 16 characters, found 5\n      make one with: openssl rand -base64 32\n";

  test("is a problem where others can reach the port, however it is written", async () => {
    for (const host of ["0.0.0.0", "10.0.0.5", "'::'"]) {
      const [problem, ...others] = await problemsOf("t0ken", {}, `, host: ${host}`);
      expect(problem).toContain(`gateway.yaml:1:17 ${SHORT}`);
      expect(others).toEqual([]);
      expect(await problemsOf("${T}", { T: "t0ken" }, `, host: ${host}`)).toEqual([expect.stringContaining(SHORT)]);
    }
  });

  test.each(["", ", host: localhost", ", host: '::1'", ", host: 127.0.0.2"])(
    "is a warning on loopback%s",
    async (more) => {
      expect(await problemsOf("t0ken", {}, more)).toEqual([expect.stringContaining(SHORT.replace("error", "warning"))]);
    },
  );

  test.each([
    "changeme-changeme",
    "my-super-secret-admin-token",
    "YourSecretTokenHere123",
    "aaaaaaaaaaaaaaaaaaaaaaaa",
    "0123456789abcdef",
    "abcabcabcabcabcabcabc",
    "admin-token-1234567890",
  ])("is one of common words or of a pattern: %s", async (token) => {
    const [problem, ...others] = await problemsOf(token, {}, ", host: 10.0.0.5");
    expect(problem).toContain("error admin.token: expected a text that nobody can guess");
    expect(problem).toContain("openssl rand");
    expect(problem).not.toContain(token);
    expect(others).toEqual([]);
  });

  test("is none that was made by chance", async () => {
    const random = (bytes: number) => Buffer.from(crypto.getRandomValues(new Uint8Array(bytes)));
    const tokens = [random(32).toString("base64"), random(32).toString("hex"), random(24).toString("base64url")];
    for (const token of [...tokens, crypto.randomUUID(), "correct-horse-battery-staple"]) {
      expect(await problemsOf(token, {}, ", host: 10.0.0.5")).toEqual([]);
    }
  });

  test("is a warning only where nobody comes so far without a certificate", async () => {
    const tls = (mode: string) =>
      `, host: 10.0.0.5, tls: { cert: no.pem, key: no.key, client-certificates: { ca: no.ca, mode: ${mode} } }`;
    const ofToken = async (mode: string) =>
      (await problemsOf("t0ken", {}, tls(mode))).filter((problem) => problem.includes("admin.token"));
    expect(await ofToken("required")).toEqual([expect.stringContaining("warning admin.token: expected at least 16")]);
    expect(await ofToken("optional")).toEqual([expect.stringContaining("error admin.token: expected at least 16")]);
  });
});
