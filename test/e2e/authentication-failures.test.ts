import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { currentClaims, currentToken, makeToken, RSA, rs256, rsaKey } from "../plugins/jwt/tokens.ts";
import { countOf, statusOf } from "../support/ask.ts";
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

const wrong = () => makeToken({ alg: "RS256" }, currentClaims(), rs256(STRANGER.privateKey));
const ask = ({ port }: GatewayProcess, path: string, token: string) =>
  statusOf(port, `/${path}`, { authorization: `Bearer ${token}` });

describe("of many wrong tokens at once from one address", () => {
  test("no more are looked at than may fail, and then none", async () => {
    await using gateway = await startGateway(yaml("one"), { folder: folder.file("one") });
    const statuses = await Promise.all(Array.from({ length: 100 }, () => ask(gateway, "one", wrong())));
    expect([countOf(statuses, 401), countOf(statuses, 429)]).toEqual([LIMIT, 100 - LIMIT]);
    expect(await ask(gateway, "one", currentToken())).toBe(429);
  });

  test("two gateways look at no more than each would alone", async () => {
    await using a = await startGateway(yaml("two"), { folder: folder.file("a") });
    await using b = await startGateway(yaml("two"), { folder: folder.file("b") });
    const statuses = await Promise.all(Array.from({ length: 100 }, (_, i) => ask(i % 2 ? a : b, "two", wrong())));
    expect(countOf(statuses, 401)).toBeLessThanOrEqual(2 * LIMIT);
    expect([await ask(a, "two", currentToken()), await ask(b, "two", currentToken())]).toEqual([429, 429]);
  });

  test("good tokens pass, however many come at once", async () => {
    await using gateway = await startGateway(yaml("good"), { folder: folder.file("good") });
    const statuses = await Promise.all(Array.from({ length: 100 }, () => ask(gateway, "good", currentToken())));
    expect(countOf(statuses, 200)).toBe(100);
    expect(await ask(gateway, "good", wrong())).toBe(401);
  });
});
