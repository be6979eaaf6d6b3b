import { createPrivateKey, generateKeyPairSync, type KeyObject } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { reasonOf } from "../config/file-path.ts";
import { Duration, parseUnit, unitOf } from "../config/units.ts";
import { algorithmsOf, signToken } from "../identity/sign-token.ts";
import { type Flags, type FlagTable, readFlags } from "./flags.ts";
import type { CliIo } from "./io.ts";

const USAGE = `usage: bun run gateway token --new-key DIR
       bun run gateway token --key FILE [--sub SUB] [options]

  --new-key DIR        makes a key for development: DIR/jwt.key, which signs, and DIR/jwt.pem, which verifies
  --key FILE           PEM private key that signs the token; the token is printed
  --sub SUB            subject: who is calling
  --scope "A B"        scopes
  --issuer ISS         iss
  --audience AUD       aud; several make a list
  --expires DURATION   how long it is valid, 1h unless told
  --claim NAME=VALUE   any other claim; the value is JSON, or text if it is none
  --kid KID            name of the key
  --alg ALG            RS256 for an RSA key, unless told
`;

const FLAGS: FlagTable = {
  "new-key": "value",
  key: "value",
  sub: "value",
  scope: "value",
  issuer: "value",
  audience: "value",
  expires: "value",
  claim: "value",
  kid: "value",
  alg: "value",
};

/** A command that is not understood, or a file that cannot be had, in words. */
class TokenFault extends Error {
  readonly exitCode: number;

  constructor(exitCode: 1 | 2, message: string) {
    super(message);
    this.exitCode = exitCode;
  }
}

/** Makes keys and tokens for development. 0; 1 if a file cannot be read or written, 2 if the command is not understood. */
export async function token(args: readonly string[], io: CliIo): Promise<number> {
  try {
    const flags = readFlags(args, FLAGS);
    if (typeof flags === "string") throw new TokenFault(2, flags);
    const directory = single(flags, "new-key");
    if (flags.words.length > 0) throw new TokenFault(2, `${JSON.stringify(flags.words[0])} is not understood`);
    if (directory !== undefined && flags.values.size > 1) throw new TokenFault(2, "--new-key stands by itself");
    io.out(directory === undefined ? `${await makeToken(flags, io.cwd)}\n` : await makeKey(resolve(io.cwd, directory)));
    return 0;
  } catch (error) {
    if (!(error instanceof TokenFault)) throw error;
    io.err(error.exitCode === 2 ? `${error.message}\n\n${USAGE}` : `${error.message}\n`);
    return error.exitCode;
  }
}

/** Never writes over a key that is there. */
async function makeKey(directory: string): Promise<string> {
  const { privateKey, publicKey } = generateKeyPairSync("rsa", { modulusLength: 2_048 });
  const files = [
    [join(directory, "jwt.key"), privateKey.export({ format: "pem", type: "pkcs8" }), 0o600],
    [join(directory, "jwt.pem"), publicKey.export({ format: "pem", type: "spki" }), 0o644],
  ] as const;
  // Half of an old pair and half of a new one would verify nothing.
  if (files.some(([file]) => existsSync(file)))
    throw new TokenFault(1, `no key was made in ${directory}: there is one`);
  try {
    await mkdir(directory, { recursive: true });
    for (const [file, text, mode] of files) await writeFile(file, text, { flag: "wx", mode });
  } catch (error) {
    throw new TokenFault(1, `no key was made in ${directory}: ${reasonOf(error)}`);
  }
  return files.map(([file]) => `wrote ${file}\n`).join("");
}

async function makeToken(flags: Flags, cwd: string): Promise<string> {
  const file = single(flags, "key");
  if (file === undefined) throw new TokenFault(2, "expected --key FILE or --new-key DIR");
  const key = await readKey(resolve(cwd, file));
  const [usual] = algorithmsOf(key);
  const alg = single(flags, "alg") ?? usual;
  if (alg === undefined) throw new TokenFault(1, `${file} holds a key of a kind that signs no tokens`);
  const kid = single(flags, "kid");
  try {
    return signToken({ alg, ...(kid !== undefined && { kid }) }, claimsOf(flags), key);
  } catch (error) {
    if (error instanceof TokenFault) throw error;
    throw new TokenFault(2, error instanceof Error ? error.message : String(error));
  }
}

async function readKey(file: string): Promise<KeyObject> {
  const text = await readFile(file, "utf8").catch((error: unknown) => {
    throw new TokenFault(1, `${file} cannot be read: ${reasonOf(error)}`);
  });
  try {
    return createPrivateKey(text);
  } catch {
    throw new TokenFault(1, `${file} holds no PEM private key without a passphrase`);
  }
}

const DURATION = unitOf(Duration());

function claimsOf(flags: Flags): Record<string, unknown> {
  const written = single(flags, "expires") ?? "1h";
  const expiresMs = DURATION && parseUnit(DURATION, written);
  if (expiresMs === undefined) throw new TokenFault(2, `--expires: expected ${DURATION?.expected}, found ${written}`);
  const now = Math.floor(Date.now() / 1_000);
  const audiences = flags.values.get("audience") ?? [];
  const named = { sub: single(flags, "sub"), scope: single(flags, "scope"), iss: single(flags, "issuer") };
  const aud = audiences.length > 1 ? audiences : audiences[0];
  const others = (flags.values.get("claim") ?? []).map(claimOf);
  // What is undefined is left out of JSON.
  const times = { iat: now, exp: now + Math.ceil(expiresMs / 1_000), jti: crypto.randomUUID() };
  return { ...named, aud, ...times, ...Object.fromEntries(others) };
}

function claimOf(written: string): readonly [string, unknown] {
  const mark = written.indexOf("=");
  if (mark < 1) throw new TokenFault(2, `--claim: expected NAME=VALUE, found ${written}`);
  const text = written.slice(mark + 1);
  try {
    return [written.slice(0, mark), JSON.parse(text)];
  } catch {
    return [written.slice(0, mark), text];
  }
}

function single({ values }: Flags, name: string): string | undefined {
  const given = values.get(name) ?? [];
  if (given.length > 1) throw new TokenFault(2, `--${name} is there twice`);
  return given[0];
}
