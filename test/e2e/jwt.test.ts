import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { revoke } from "../../src/cli/revoke.ts";
import { runCommand } from "../cli/run.ts";
import { currentToken, RSA } from "../plugins/jwt/tokens.ts";
import { statusOf } from "../support/ask.ts";
import { type GatewayProcess, startGateway } from "../support/gateway.ts";
import { freePort } from "../support/ports.ts";
import { type RedisServer, startRedis } from "../support/redis.ts";
import { replies } from "../support/scripts.ts";
import { type TempFolder, tempFolder } from "../support/temp.ts";
import { until } from "../support/until.ts";
import { startUpstream, type Upstream } from "../support/upstream.ts";

/** A request may be so late when Redis hangs, in ms: `redis.command-timeout` is 500, the rest is a busy machine's. */
const LATEST_MS = 3_000;

const FORGOTTEN = "without redis what was revoked is forgotten when the gateway stops";

let folder: TempFolder;
let upstream: Upstream;
let redis: RedisServer;

beforeAll(async () => {
  folder = tempFolder();
  folder.write("jwt.pem", RSA.pem);
  upstream = startUpstream(replies());
  redis = await startRedis();
});
afterAll(async () => {
  upstream.stop();
  await redis[Symbol.asyncDispose]();
  folder.remove();
});

/** A gateway of its own folder, with a route for each of these blacklists. */
function start(name: string, blacklists: Readonly<Record<string, string>>, others = ""): Promise<GatewayProcess> {
  const routes = Object.entries(blacklists).map(([path, blacklist]) => {
    return `  - { path: /${path}, service: all, plugins: { jwt: { public-key: ../jwt.pem, blacklist: { ${blacklist} } } } }`;
  });
  const service = `services: { all: { targets: ["${upstream.url}"] } }`;
  return startGateway(`${others}\n${service}\nroutes:\n${routes.join("\n")}\n`, { folder: folder.file(name) });
}

const onRedis = () => `redis: { url: "${redis.url}", command-timeout: 2s }`;
const jtiOf = (token: string) => JSON.parse(Buffer.from(token.split(".")[1] ?? "", "base64url").toString()).jti;

const ask = ({ port }: GatewayProcess, path: string, token: string) =>
  statusOf(port, `/${path}`, { authorization: `Bearer ${token}` });

describe("a revoked token", () => {
  test("is refused by two gateways at the next request, whoever has revoked it, in mode check", async () => {
    await using a = await start("check-a", { x: "mode: check" }, onRedis());
    await using b = await start("check-b", { x: "mode: check" }, onRedis());
    const both = (token: string) => Promise.all([ask(a, "x", token), ask(b, "x", token)]);
    const command = async (...args: readonly string[]) => {
      const done = await runCommand(revoke, a.folder, args);
      expect(done).toMatchObject({ exitCode: 0, err: "" });
    };

    const [byRedis, byId, byItself, bySubject] = [
      currentToken(),
      currentToken(),
      currentToken(),
      currentToken({ sub: "eve" }),
    ];
    for (const token of [byRedis, byId, byItself, bySubject]) expect(await both(token)).toEqual([200, 200]);

    await redis.cli("SETEX", `blacklist:${jtiOf(byRedis)}`, "600", "1");
    expect(await both(byRedis)).toEqual([401, 401]);
    await command("--jti", jtiOf(byId));
    expect(await both(byId)).toEqual([401, 401]);
    expect(await redis.cli("EXISTS", `blacklist:${jtiOf(byId)}`)).toBe("1");
    await command("--token", byItself);
    expect(await both(byItself)).toEqual([401, 401]);
    await command("--subject", "eve");
    expect(await both(bySubject)).toEqual([401, 401]);
    await command("--subject", "eve", "--undo");
    expect(await both(bySubject)).toEqual([200, 200]);
    expect(await both(currentToken())).toEqual([200, 200]);
  });

  test("is refused by two gateways within a second, in mode push", async () => {
    await using a = await start("push-a", { x: "mode: push" }, onRedis());
    await using b = await start("push-b", { x: "mode: push" }, onRedis());
    const token = currentToken();
    const external = currentToken();
    for (const one of [token, external]) expect([await ask(a, "x", one), await ask(b, "x", one)]).toEqual([200, 200]);
    const isRefused = async (one: string) => (await ask(a, "x", one)) === 401 && (await ask(b, "x", one)) === 401;

    const response = await fetch(`http://127.0.0.1:${a.adminPort}/api/revocations`, {
      method: "POST",
      // As `curl -d` sends it.
      headers: { "content-type": "application/x-www-form-urlencoded" },
      body: JSON.stringify({ token }),
    });
    expect(response.status).toBe(200);
    await until(() => isRefused(token));
    expect(a.logs.some(({ msg }) => msg === FORGOTTEN)).toBe(false);
    // Told to nobody: found when everything is read again, a second later at most and the time of a reading.
    await redis.cli("SETEX", `blacklist:${jtiOf(external)}`, "600", "1");
    await until(() => isRefused(external));
    expect(await ask(a, "x", currentToken())).toBe(200);
  });
});

describe("while Redis is away", () => {
  const POLICIES = { deny: "store-failure: deny", last: "store-failure: last-known", allow: "store-failure: allow" };

  /** What the three policies answer, each in time. */
  async function answers(gateway: GatewayProcess, token: string): Promise<readonly number[]> {
    const statuses: number[] = [];
    for (const path of Object.keys(POLICIES)) {
      const startedAt = performance.now();
      statuses.push(await ask(gateway, path, token));
      expect(performance.now() - startedAt).toBeLessThan(LATEST_MS);
    }
    return statuses;
  }

  test.each(["hangs", "was killed"])(
    "because it %s, each policy holds, in time, and all is well again by itself",
    async (how) => {
      await using own = await startRedis();
      await using gateway = await start(
        `away-${how.length}`,
        POLICIES,
        `redis: { url: "${own.url}", command-timeout: 500ms }`,
      );
      const [good, revoked, unknown] = [currentToken(), currentToken(), currentToken()];
      await own.cli("SETEX", `blacklist:${jtiOf(revoked)}`, "600", "1");
      expect(await answers(gateway, good)).toEqual([200, 200, 200]);
      expect(await answers(gateway, revoked)).toEqual([401, 401, 401]);

      if (how === "hangs") own.hang();
      else await own.kill();
      for (let round = 0; round < 4; round++) {
        expect(await answers(gateway, good)).toEqual([503, 200, 200]);
        expect(await answers(gateway, revoked)).toEqual([503, 401, 200]);
        expect(await answers(gateway, unknown)).toEqual([503, 503, 200]);
      }
      await gateway.waitForLog(({ msg }) => msg === "the store cannot tell which tokens are revoked");

      if (how === "hangs") own.resume();
      else await own.restart();
      await until(async () => (await ask(gateway, "deny", good)) === 200);
      expect(await answers(gateway, unknown)).toEqual([200, 200, 200]);
      expect(await gateway.stop()).toBe(0);
    },
  );

  test("a copy serves on for its bounded time, and then the policy holds", async () => {
    await using own = await startRedis();
    await using gateway = await start("copy", { x: "mode: push" }, `redis: { url: "${own.url}" }`);
    const [good, revoked] = [currentToken(), currentToken()];
    await own.cli("SETEX", `blacklist:${jtiOf(revoked)}`, "600", "1");
    expect(await ask(gateway, "x", good)).toBe(200);
    await until(async () => (await ask(gateway, "x", revoked)) === 401);
    await own.kill();
    const killedAt = performance.now();
    expect([await ask(gateway, "x", good), await ask(gateway, "x", revoked)]).toEqual([200, 401]);
    await until(async () => (await ask(gateway, "x", good)) === 503, { timeout: 15_000 });
    expect(performance.now() - killedAt).toBeGreaterThan(3_000);
    await own.restart();
    await until(async () => (await ask(gateway, "x", good)) === 200);
  }, 60_000);
});

test("without Redis, every worker of a gateway is told", async () => {
  const listen = "listen: { host: 127.0.0.1, port: 0, workers: 2 }";
  await using gateway = await start("workers", { x: "mode: check" }, `${listen}\nadmin: { port: ${freePort()} }`);
  const token = currentToken();
  const many = async () => {
    const headers = { authorization: `Bearer ${token}`, connection: "close" };
    const asked = Array.from({ length: 20 }, () => fetch(`http://127.0.0.1:${gateway.port}/x`, { headers }));
    return new Set((await Promise.all(asked)).map(({ status }) => status));
  };
  expect(await many()).toEqual(new Set([200]));
  expect(await runCommand(revoke, gateway.folder, ["--token", token])).toMatchObject({ exitCode: 0, err: "" });
  expect(await many()).toEqual(new Set([401]));
});

test("without Redis, the command goes through the admin port of the one gateway, with its token", async () => {
  const port = freePort();
  const admin = `admin: { host: 127.0.0.1, port: ${port}, token: secret-token }`;
  await using gateway = await start("embedded", { x: "mode: check" }, admin);
  const token = currentToken();
  expect(await ask(gateway, "x", token)).toBe(200);
  const { folder: directory } = gateway;
  expect(await runCommand(revoke, directory, ["--token", token])).toMatchObject({ exitCode: 0, err: "" });
  expect(await ask(gateway, "x", token)).toBe(401);
  await gateway.waitForLog(({ msg }) => msg === FORGOTTEN);

  const endpoint = `http://127.0.0.1:${port}/api/revocations`;
  expect((await fetch(endpoint)).status).toBe(401);
  const listed = await fetch(endpoint, { headers: { authorization: "Bearer secret-token" } });
  expect(await listed.json()).toMatchObject({ isComplete: true, revocations: [{ kind: "token" }] });

  expect(await runCommand(revoke, directory, ["--token", token, "--undo"])).toMatchObject({ exitCode: 0 });
  expect(await ask(gateway, "x", token)).toBe(200);
  await gateway.stop();
  const late = await runCommand(revoke, directory, ["--token", token]);
  expect(late).toMatchObject({ exitCode: 1, err: expect.stringContaining("this may not have been done") });
});
