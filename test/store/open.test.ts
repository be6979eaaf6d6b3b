import { expect, test } from "bun:test";
import { openStore } from "../../src/store/open.ts";
import { createTestLasting } from "../../src/testing/lasting.ts";

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
