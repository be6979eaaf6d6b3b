import { describe, expect, test } from "bun:test";
import { statSync } from "node:fs";
import jwt from "../../plugins/jwt/index.ts";
import { token } from "../../src/cli/token.ts";
import { testPlugin } from "../../src/testing.ts";
import { tempFolder } from "../support/temp.ts";
import { runCommand } from "./run.ts";

const partOf = (text: string, part: number): Record<string, unknown> =>
  JSON.parse(Buffer.from(text.trim().split(".")[part] ?? "", "base64url").toString());

/** Verifies the token with the plugin, at the time that it is. */
async function isGood(text: string, options: Record<string, unknown>): Promise<boolean> {
  const t = await testPlugin(jwt, options);
  t.clock.nowMs = Date.now();
  const { reply } = await t.request({ headers: { authorization: `Bearer ${text.trim()}` } });
  return reply.status === 200;
}

describe("gateway token", () => {
  test("makes a key, and tokens that it verifies", async () => {
    using folder = tempFolder();
    const made = await runCommand(token, folder.path, ["--new-key", "keys"]);
    expect(made).toMatchObject({ exitCode: 0, out: expect.stringContaining(folder.file("keys/jwt.pem")) });
    expect(statSync(folder.file("keys/jwt.key")).mode & 0o777).toBe(0o600);

    const args = [
      "--key",
      "keys/jwt.key",
      "--sub=ada",
      "--scope",
      "a b",
      "--issuer",
      "id",
      "--audience",
      "shop",
      "--kid",
      "k",
    ];
    const { exitCode, out } = await runCommand(token, folder.path, [
      ...args,
      "--claim",
      "n=1",
      "--claim",
      "t=x=y",
      "--expires",
      "5m",
    ]);
    expect(exitCode).toBe(0);
    expect(partOf(out, 0)).toEqual({ alg: "RS256", kid: "k", typ: "JWT" });
    const { iat, exp, jti, ...claims } = partOf(out, 1);
    expect(claims).toEqual({ sub: "ada", scope: "a b", iss: "id", aud: "shop", n: 1, t: "x=y" });
    expect(Number(exp) - Number(iat)).toBe(300);
    expect(jti).toBeString();
    expect(await isGood(out, { "public-key": folder.file("keys/jwt.pem"), issuer: "id", audience: "shop" })).toBe(true);
  });

  test.each([
    ["genrsa", ["genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"], "RS256"],
    ["PSS", ["genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"], "PS256"],
    ["P-256", ["genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"], "ES256"],
    ["P-521", ["genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-521"], "ES512"],
    ["Ed25519", ["genpkey", "-algorithm", "ed25519"], "EdDSA"],
  ])("signs with keys of openssl: %s", async (_, command, alg) => {
    using folder = tempFolder();
    Bun.spawnSync(["openssl", ...command, "-out", folder.file("key")]);
    Bun.spawnSync(["openssl", "pkey", "-in", folder.file("key"), "-pubout", "-out", folder.file("key.pem")]);
    const { out, err } = await runCommand(token, folder.path, ["--key", "key", "--alg", alg]);
    expect(err).toBe("");
    expect(await isGood(out, { "public-key": folder.file("key.pem"), algorithms: [alg] })).toBe(true);
  });

  test("never writes over a key", async () => {
    using folder = tempFolder();
    folder.write("jwt.pem", "mine");
    const again = await runCommand(token, folder.path, ["--new-key", "."]);
    expect(again).toMatchObject({ exitCode: 1, err: expect.stringContaining("there is one") });
    expect(await Bun.file(folder.file("jwt.key")).exists()).toBe(false);
  });

  test.each([
    [[], 2, "expected --key FILE or --new-key DIR"],
    [["--key"], 2, "--key needs a value"],
    [["--nope"], 2, "there is no flag --nope"],
    [["x", "--key", "k"], 2, '"x" is not understood'],
    [["--new-key", "a", "--sub", "b"], 2, "--new-key stands by itself"],
    [["--key", "none"], 1, "cannot be read: there is no such file"],
    [["--key", "text"], 1, "holds no PEM private key"],
    [["--key", "jwt.key", "--sub", "a", "--sub", "b"], 2, "--sub is there twice"],
    [["--key", "jwt.key", "--expires", "soon"], 2, "--expires: expected a duration such as"],
    [["--key", "jwt.key", "--claim", "x"], 2, "--claim: expected NAME=VALUE"],
    [["--key", "jwt.key", "--alg", "ES256"], 2, "the key is not for ES256"],
    [["--key", "jwt.key", "--alg", "none"], 2, "the key is not for none"],
  ])("%p is %p", async (args, exitCode, message) => {
    using folder = tempFolder();
    await runCommand(token, folder.path, ["--new-key", "."]);
    folder.write("text", "no key");
    expect(await runCommand(token, folder.path, args)).toMatchObject({
      exitCode,
      out: "",
      err: expect.stringContaining(message),
    });
  });
});
