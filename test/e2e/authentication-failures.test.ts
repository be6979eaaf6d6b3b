import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { makeToken, RSA, rs256, rsaKey, rsaToken } from "../plugins/jwt/tokens.ts";
import { type GatewayProcess, startGateway } from "../support/gateway.ts";
import { type RedisServer, startRedis } from "../support/redis.ts";
import { type TempFolder, tempFolder } from "../support/temp.ts";

const STRANGER = rsaKey();
const LIMIT = 7;

let folder: TempFolder;
let redis: RedisServer;

beforeAll(async () => {
  folder = tempFolder();
  folder.write("jwt.pem", RSA.pem);
  redis = await startRedis();
});
afterAll(async () => {
  await redis[Symbol.asyncDispose]();
  folder.remove();
});

const yaml = (path: string) => `
redis: { url: "${redis.url}", command-timeout: 2s }
routes:
  - { name: ${path}, path: /${path}, plugins: { rate-limit: { authentication-failures: ${LIMIT}/10d }, jwt: { public-key: ../jwt.pem }, respond: { status: 200 } } }
`;

const now = () => Math.floor(Date.now() / 1_000);
const claims = () => ({ iat: now() - 1, exp: now() + 600, jti: crypto.randomUUID() });
const good = () => rsaToken(claims());
const wrong = () => makeToken({ alg: "RS256" }, claims(), rs256(STRANGER.privateKey));

async function ask({ port }: GatewayProcess, path: string, token: string): Promise<number> {
  const { status, body } = await fetch(`http://127.0.0.1:${port}/${path}`, {
    headers: { authorization: `Bearer ${token}` },
  });
  await body?.cancel();
  return status;
}

const count = (statuses: readonly number[], status: number) => statuses.filter((one) => one === status).length;

describe("of many wrong tokens at once from one address", () => {
  test("no more are looked at than may fail, and then none", async () => {
    await using gateway = await startGateway(yaml("one"), { folder: folder.file("one") });
    const statuses = await Promise.all(Array.from({ length: 100 }, () => ask(gateway, "one", wrong())));
    expect([count(statuses, 401), count(statuses, 429)]).toEqual([LIMIT, 100 - LIMIT]);
    expect(await ask(gateway, "one", good())).toBe(429);
  });

  test("two gateways look at no more than each would alone", async () => {
    await using a = await startGateway(yaml("two"), { folder: folder.file("a") });
    await using b = await startGateway(yaml("two"), { folder: folder.file("b") });
    const statuses = await Promise.all(Array.from({ length: 100 }, (_, i) => ask(i % 2 ? a : b, "two", wrong())));
    expect(count(statuses, 401)).toBeLessThanOrEqual(2 * LIMIT);
    expect([await ask(a, "two", good()), await ask(b, "two", good())]).toEqual([429, 429]);
  });

  test("good tokens pass, however many come at once", async () => {
    await using gateway = await startGateway(yaml("good"), { folder: folder.file("good") });
    const statuses = await Promise.all(Array.from({ length: 100 }, () => ask(gateway, "good", good())));
    expect(count(statuses, 200)).toBe(100);
    expect(await ask(gateway, "good", wrong())).toBe(401);
  });
});
