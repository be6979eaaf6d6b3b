import { expect, test } from "bun:test";
import { freePort } from "../support/ports.ts";
import { startRedis } from "../support/redis.ts";
import { tempFolder } from "../support/temp.ts";
import { makeCertificates } from "../support/tls.ts";
import { until } from "../support/until.ts";
import { openRedisStore, redisStore } from "./redis-store.ts";

test("Redis is spoken to over TLS, with a certificate on both sides, and no stranger is believed", async () => {
  using folder = tempFolder();
  const { ca, server: own, client } = makeCertificates(folder.path);
  await using plain = await startRedis();
  const tlsPort = freePort();
  const files = ["tls-cert-file", own.certFile, "tls-key-file", own.keyFile, "tls-ca-cert-file", ca.certFile];
  await plain.cli("config", "set", ...files);
  await plain.cli("config", "set", "tls-port", `${tlsPort}`);
  const url = `rediss://localhost:${tlsPort}`;
  const tls = { ca: ca.certFile, cert: client.certFile, key: client.keyFile, verify: true };
  await using store = await openRedisStore({ url, tls });
  await store.of("test").set("a", "1");
  expect(await store.of("test").get("a")).toBe("1");
  await using stranger = redisStore({ url, tls: { verify: true } });
  await until(() => stranger.report().lastError !== undefined);
  expect(stranger.report()).toMatchObject({ state: "down", lastError: { reason: "unavailable" } });
});
