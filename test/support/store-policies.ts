import { expect } from "bun:test";
import { currentToken, RSA } from "../plugins/jwt/tokens.ts";
import { type GatewayProcess, startGateway } from "./gateway.ts";
import { type TempFolder, tempFolder } from "./temp.ts";
import { until } from "./until.ts";

/** A plugin that uses the store, with one of its policies. */
interface Policy {
  readonly plugin: string;
  /** Who asks; anyone unless told. */
  readonly as?: "good" | "revoked" | "key";
  /** What it does in the store while a client waits. */
  readonly does: "nothing" | "reads" | "writes";
  /** Status, and "counted" where the reply tells what is left of a limit. */
  readonly usually: string;
  /** The same while the store does not do what is asked. */
  readonly without: string;
  /** The same while it can be read, and not written to; as `without` unless told. */
  readonly withoutWrites?: string;
}

const jwt = (blacklist: string) => `jwt: { public-key: ./jwt.pem, blacklist: { ${blacklist} } }`;
const rate = (more: string) => `rate-limit: { limit: 100000/10d, key: global, ${more} }`;
const places = (failure: string) => `concurrency-limit: { limit: 50, store-failure: ${failure} }`;

const DENY = jwt("store-failure: deny");
const LAST_KNOWN = jwt("store-failure: last-known");
const ALLOW = jwt("store-failure: allow");
/** Read again seldom: the copy serves longer than any fault of a test lasts. */
const PUSH = jwt("mode: push, resync: 5s");

const both = (token: string, failure: string) =>
  ({ plugin: `${token}, ${rate(`store-failure: ${failure}`)}`, does: "writes" }) as const;

/** Every plugin that uses the store, with each of its policies. */
export const POLICIES: readonly Policy[] = [
  { plugin: DENY, as: "good", does: "reads", usually: "200", without: "503" },
  { plugin: DENY, as: "revoked", does: "reads", usually: "401", without: "503" },
  { plugin: LAST_KNOWN, as: "good", does: "reads", usually: "200", without: "200" },
  { plugin: LAST_KNOWN, as: "revoked", does: "reads", usually: "401", without: "401" },
  { plugin: ALLOW, as: "good", does: "reads", usually: "200", without: "200" },
  { plugin: ALLOW, as: "revoked", does: "reads", usually: "401", without: "200" },
  { plugin: PUSH, as: "good", does: "nothing", usually: "200", without: "200" },
  { plugin: PUSH, as: "revoked", does: "nothing", usually: "401", without: "401" },
  { plugin: "api-key: { cache: 50ms }", as: "key", does: "reads", usually: "200", without: "503" },
  {
    plugin: "api-key: { cache: 50ms, store-failure: last-known }",
    as: "key",
    does: "reads",
    usually: "200",
    without: "200",
  },
  { plugin: rate("store-failure: local"), does: "writes", usually: "200 counted", without: "200 counted" },
  { plugin: rate("store-failure: allow"), does: "writes", usually: "200 counted", without: "200" },
  { plugin: rate("store-failure: deny"), does: "writes", usually: "200 counted", without: "503" },
  { plugin: rate("mode: synced"), does: "nothing", usually: "200 counted", without: "200 counted" },
  { plugin: "quota: { month: 100000, key: global }", does: "writes", usually: "200", without: "200" },
  {
    plugin: "quota: { month: 100000, key: global, store-failure: deny }",
    does: "writes",
    usually: "200",
    without: "503",
  },
  // One question to the store for both plugins, and yet each has its own policy.
  { ...both(DENY, "local"), as: "good", usually: "200 counted", without: "503", withoutWrites: "200 counted" },
  { ...both(DENY, "local"), as: "revoked", usually: "401", without: "503", withoutWrites: "401" },
  { ...both(ALLOW, "local"), as: "good", usually: "200 counted", without: "200 counted" },
  { ...both(ALLOW, "deny"), as: "good", usually: "200 counted", without: "503" },
  { ...both(ALLOW, "allow"), as: "revoked", usually: "401", without: "200", withoutWrites: "401" },
  { ...both(LAST_KNOWN, "allow"), as: "good", usually: "200 counted", without: "200" },
  { ...both(LAST_KNOWN, "local"), as: "revoked", usually: "401", without: "401" },
  { plugin: places("local"), does: "writes", usually: "200", without: "200" },
  { plugin: places("allow"), does: "writes", usually: "200", without: "200" },
  { plugin: places("deny"), does: "writes", usually: "200", without: "503" },
];

/** A gateway with a route for each of `POLICIES`. */
export interface PolicyGateway extends AsyncDisposable {
  readonly process: GatewayProcess;
  /** One answer for each of `POLICIES`, asked one after the other, and the longest that one took. */
  ask(): Promise<{ readonly answers: readonly string[]; readonly slowestMs: number }>;
  /** Statuses of the admin port: a revocation, a new key, the list of keys. */
  askAdmin(): Promise<readonly number[]>;
  /** Revokes a new token; resolves when it is refused by all routes with a blacklist, each within so many ms: 3 s unless told. */
  revokeAnother(withinMs?: number): Promise<void>;
}

/** Starts it with that `redis:` section, issues a key and revokes a token; resolves when all is as usual. */
export async function startPolicyGateway(redis: string): Promise<PolicyGateway> {
  const folder = tempFolder();
  folder.write("jwt.pem", RSA.pem);
  const routes = POLICIES.map(
    ({ plugin }, i) => `  - { path: /${i}, plugins: { ${plugin}, respond: { status: 200 } } }`,
  );
  const process = await startGateway(`redis: ${redis}\nroutes:\n${routes.join("\n")}\n`, { folder: folder.path });
  try {
    return await prepare(process, folder);
  } catch (error) {
    await end(process, folder);
    throw error;
  }
}

async function end(process: GatewayProcess, folder: TempFolder): Promise<void> {
  await process[Symbol.asyncDispose]();
  folder.remove();
}

async function prepare(process: GatewayProcess, folder: TempFolder): Promise<PolicyGateway> {
  const [good, revoked] = [currentToken(), currentToken()];
  const admin = async (method: string, path: string, body?: unknown) => {
    const init = { method, ...(body !== undefined && { body: JSON.stringify(body) }) };
    return await fetch(`http://127.0.0.1:${process.adminPort}/api/${path}`, init);
  };
  const statusOf = async (response: Promise<Response>) => {
    const { status, body } = await response;
    await body?.cancel();
    return status;
  };
  const issued = await until(
    async () => {
      const response = await admin("POST", "keys", {});
      return response.status === 201 ? ((await response.json()) as { key: string }) : undefined;
    },
    { what: "a key is issued" },
  );
  const headers = {
    good: { authorization: `Bearer ${good}` },
    revoked: { authorization: `Bearer ${revoked}` },
    key: { "x-api-key": issued.key },
  };
  const url = (i: number) => `http://127.0.0.1:${process.port}/${i}`;
  const gateway: PolicyGateway = {
    process,
    async ask() {
      const answers: string[] = [];
      let slowestMs = 0;
      for (const [i, { as }] of POLICIES.entries()) {
        const startedAt = performance.now();
        const response = await fetch(url(i), as === undefined ? {} : { headers: headers[as] });
        await response.arrayBuffer();
        slowestMs = Math.max(slowestMs, performance.now() - startedAt);
        const isCounted = response.status === 200 && response.headers.has("ratelimit");
        answers.push(`${response.status}${isCounted ? " counted" : ""}`);
      }
      return { answers, slowestMs };
    },
    async askAdmin() {
      const token = currentToken();
      return [
        await statusOf(admin("POST", "revocations", { token })),
        await statusOf(admin("POST", "keys", {})),
        await statusOf(admin("GET", "keys")),
      ];
    },
    async revokeAnother(withinMs = 3_000) {
      const token = currentToken();
      const isRevoked = async () => (await statusOf(admin("POST", "revocations", { token }))) === 200;
      await until(isRevoked, { timeout: 10_000, what: "a token is revoked" });
      const bearer = { headers: { authorization: `Bearer ${token}` } };
      for (const [i, { as }] of POLICIES.entries()) {
        if (as !== "revoked") continue;
        const isRefused = async () => (await statusOf(fetch(url(i), bearer))) === 401;
        // Told by publish and subscribe: the copy is not read again so soon.
        await until(isRefused, { timeout: withinMs, what: `a revoked token is refused by ${POLICIES[i]?.plugin}` });
      }
    },
    [Symbol.asyncDispose]: () => end(process, folder),
  };
  await until(async () => (await statusOf(admin("POST", "revocations", { token: revoked }))) === 200);
  await untilUsual(gateway);
  return gateway;
}

/** What each policy may answer under a fault; `mayFail` is what does not fail each time. */
export interface FaultKind {
  readonly fails: "everything" | "writes";
  readonly mayFail?: "reads";
}

/** What a request may wait for a store that does not answer is 500 ms; the rest is a busy machine's. Unbounded, it would be for good. */
const MOST_MS = 2_500;

/** Resolves when every policy answers as it may under the fault, and has held that for three rounds more, each answer in time. */
export async function untilHeld(gateway: PolicyGateway, { fails, mayFail }: FaultKind): Promise<void> {
  const may = POLICIES.map(({ does, usually, without, withoutWrites = without }) => {
    if (does === "writes" && mayFail !== undefined) return [withoutWrites, without];
    if (does === "writes") return [fails === "everything" ? without : withoutWrites];
    if (does === "reads" && fails === "everything") return [without];
    return does === mayFail ? [usually, without] : [usually];
  });
  let latest = "";
  const isHeld = async () => {
    latest = differences(await answersInTime(gateway), may);
    return latest === "";
  };
  await until(isHeld, { what: () => `the policies hold, and not ${latest}` });
  for (let round = 0; round < 3; round++) expect(differences(await answersInTime(gateway), may)).toBe("");
}

/** Asks as long as `isOver` says no, and three times at least: each answer is the usual one, or that of the policy, in time. */
export async function holdUntil(isOver: () => boolean, gateway: PolicyGateway): Promise<void> {
  const may = POLICIES.map(({ usually, without, withoutWrites = without }) => [usually, without, withoutWrites]);
  for (let round = 0; round < 3 || !isOver(); round++) {
    expect(differences(await answersInTime(gateway), may)).toBe("");
  }
}

/** Answers of all policies as usual, each in time. */
export async function expectUsual(gateway: PolicyGateway): Promise<void> {
  expect(differences(await answersInTime(gateway), USUALLY)).toBe("");
}

async function answersInTime(gateway: PolicyGateway): Promise<readonly string[]> {
  const { answers, slowestMs } = await gateway.ask();
  expect(slowestMs).toBeLessThan(MOST_MS);
  return answers;
}

const USUALLY = POLICIES.map(({ usually }) => [usually]);

/** Resolves when every policy answers as usual; without a restart it has to. */
export async function untilUsual(gateway: PolicyGateway, timeout = 10_000): Promise<void> {
  let latest = "";
  const isUsual = async () => {
    latest = differences((await gateway.ask()).answers, USUALLY);
    return latest === "";
  };
  await until(isUsual, { timeout, what: () => `all is as usual, and not ${latest}` });
}

function differences(answers: readonly string[], may: readonly (readonly string[])[]): string {
  const wrong = POLICIES.filter((_, i) => may[i]?.includes(answers[i] ?? "") !== true);
  return wrong.map((one) => `${one.plugin} ${one.as ?? ""}: ${answers[POLICIES.indexOf(one)]}`).join("; ");
}
