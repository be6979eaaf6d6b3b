import { expect, test } from "bun:test";
import { chmodSync } from "node:fs";
import { currentDigest } from "../../src/config/config-sources.ts";
import { ConfigWatch } from "../../src/config/watch-config.ts";
import { tempFolder } from "../support/temp.ts";
import { until } from "../support/until.ts";

test("a file that gets another mode is looked into again: it may be readable only now", async () => {
  using folder = tempFolder();
  const file = folder.write("gateway.yaml", "routes: []\n");
  const sources = { files: [file], patterns: [] };
  let calls = 0;
  const watch = new ConfigWatch(async () => void calls++);
  // As after an attempt in which it could not be read.
  watch.follow({ ...sources, digest: "of nothing" });
  await until(() => calls >= 1);
  chmodSync(file, 0o600);
  await until(() => calls >= 2);
  // The same content as is known is no change, whatever the mode.
  watch.follow({ ...sources, digest: currentDigest(sources) });
  const before = calls;
  chmodSync(file, 0o644);
  await Bun.sleep(400);
  expect(calls).toBe(before);
  watch.stop();
});
