import { expect, test } from "bun:test";
import { openStore } from "../../src/store/open.ts";
import { createTestLasting } from "../../src/testing/lasting.ts";
import { freePort } from "../support/ports.ts";
import { startRedis } from "../support/redis.ts";
import { until } from "../support/until.ts";

const REDIS = { "key-prefix": "sluice:", "command-timeout": 100, "connect-timeout": 1_000 };

test.each([true, false])("each plugin that uses a store of workers is told of once: %p", async (warnsOfWorkers) => {
  const { log, logs } = createTestLasting();
  const store = await openStore(REDIS, { now: Date.now, log, warnsOfWorkers });
  for (const plugin of ["jwt", "rate-limit", "jwt"]) store.of(plugin);
  const warnings = logs.map(({ message, fields }) => `${message}: ${fields.plugin}`);
  const text = "each worker has a store of its own: set redis to share it";
  await store.close();
  expect(warnings).toEqual(warnsOfWorkers ? [`${text}: jwt`, `${text}: rate-limit`] : []);
});

test("a Redis that is not there at the start is told of, with why, and so is that it came; its end at a stop is nothing to tell", async () => {
  const { log, logs } = createTestLasting();
  const port = freePort();
  const config = { ...REDIS, url: `redis://127.0.0.1:${port}` };
  const store = await openStore(config, { now: Date.now, log });
  expect(logs).toEqual([
    {
      level: "warn",
      message: "Redis does not answer",
      fields: { reason: "unavailable", detail: expect.stringContaining("ECONNREFUSED") },
    },
  ]);
  await using _ = await startRedis({ port });
  await until(() => logs.length > 1);
  await store.close();
  await Bun.sleep(50);
  expect(logs.map(({ message }) => message)).toEqual(["Redis does not answer", "Redis answers"]);
});
