import { generateKeyPairSync, sign } from "node:crypto";
import { type Child, LOAD_CORE, startPinned, untilListening } from "./children.ts";
import { installedVersion } from "./contender.ts";
import { freePorts } from "./ports.ts";

/** What gateways have at hand that look at tokens and count requests. */
export interface Secured {
  /** The public key that tokens are verified with, in PEM. */
  readonly publicKeyFile: string;
  /** Valid ones, each of another subject. */
  readonly tokens: readonly string[];
  /** One whose time is over. */
  readonly expired: string;
  /** Requests that a subject may make in an hour. */
  readonly limit: number;
  /** At 127.0.0.1; nobody listens there if Redis is not installed. */
  readonly redisPort: number;
}

/** More than any run makes. */
const NO_LIMIT = 1_000_000_000;
const HOUR_S = 3_600;

/** Makes a key and tokens, and starts a Redis on the load generator's core where it is installed. */
export async function prepareSecured(dir: string, subjects: number, limit: number = NO_LIMIT): Promise<Secured> {
  const { publicKey, privateKey } = generateKeyPairSync("rsa", { modulusLength: 2_048 });
  const publicKeyFile = `${dir}/jwt.pem`;
  await Bun.write(publicKeyFile, publicKey.export({ type: "spki", format: "pem" }));
  const exp = Math.floor(Date.now() / 1_000) + HOUR_S;
  const tokenOf = (sub: string, exp: number) => {
    const claims = { iss: "https://id.example.com", sub, jti: crypto.randomUUID(), iat: exp - HOUR_S, exp };
    const input = [{ alg: "RS256", typ: "JWT", kid: "bench" }, claims].map(encoded).join(".");
    return `${input}.${sign("sha256", Buffer.from(input), privateKey).toString("base64url")}`;
  };
  const tokens = Array.from({ length: subjects }, (_, i) => tokenOf(`user-${i}`, exp));
  const expired = tokenOf("late", exp - 2 * HOUR_S);
  const [redisPort = 0] = freePorts(1);
  if (redisVersion() !== undefined) await startRedis(dir, redisPort);
  return { publicKeyFile, tokens, expired, limit, redisPort };
}

/** Undefined if it is not installed. */
export function redisVersion(): string | undefined {
  return installedVersion(["redis-server", "--version"]);
}

/** The token with another signature. */
export function forged(token: string): string {
  const at = token.lastIndexOf(".") + 1;
  return `${token.slice(0, at)}${token[at] === "A" ? "B" : "A"}${token.slice(at + 1)}`;
}

async function startRedis(dir: string, port: number): Promise<Child> {
  const settings = ["--port", `${port}`, "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--dir", dir];
  const child = startPinned(["redis-server", ...settings], LOAD_CORE, `${dir}/redis.err`);
  await untilListening(child, "redis-server", port);
  return child;
}

function encoded(part: unknown): string {
  return Buffer.from(JSON.stringify(part)).toString("base64url");
}
