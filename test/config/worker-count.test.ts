import { expect, test } from "bun:test";
import { loadConfig } from "../../src/config/load.ts";
import { workerCount } from "../../src/config/worker-count.ts";
import { tempFolder } from "../support/temp.ts";

const plugins = { find: async () => undefined, names: () => [] };

async function load(listen: string) {
  using folder = tempFolder();
  const file = `${folder.path}/gateway.yaml`;
  await Bun.write(file, `listen: ${listen}\n`);
  return await loadConfig(file, { env: { WORKERS: "3", MANY: "auto" }, plugins, directory: folder.path });
}

test.each([
  ["{ port: 1 }", 1],
  ["{ port: 1, workers: 4 }", 4],
  ["{ port: 1, workers: auto }", 6],
  ['{ port: 1, workers: "${WORKERS}" }', 3],
  ['{ port: 1, workers: "${MANY}" }', 6],
  ["[{ port: 1 }, { port: 2, workers: 4 }]", 4],
  ["[{ port: 1, workers: 4 }, { port: 2, workers: 4 }, { port: 3 }]", 4],
  ["[{ port: 1, workers: auto }, { port: 2 }]", 6],
])("%s has %d workers on six cores", async (listen, count) => {
  const loaded = await load(listen);
  if (!loaded.ok) throw new Error(loaded.problems.map(({ message }) => message).join());
  expect(workerCount(loaded.config, () => 6)).toBe(count);
});

test.each([
  ["{ workers: 0 }", "listen.workers", "expected a whole number from 1 to 256, found the number 0"],
  ["{ workers: 257 }", "listen.workers", "expected a whole number from 1 to 256, found the number 257"],
  ["{ workers: aut }", "listen.workers", 'expected auto or a whole number from 1 to 256, found "aut"'],
  [
    "[{ port: 1, workers: 2 }, { port: 2, workers: 3 }]",
    "listen[1].workers",
    "expected 2 as on the listener before, found 3",
  ],
  [
    "[{ port: 1, workers: 1 }, { port: 2, workers: auto }]",
    "listen[1].workers",
    "expected 1 as on the listener before, found auto",
  ],
])("%s is a problem", async (listen, path, message) => {
  const { problems } = await load(listen);
  expect(problems.filter(({ severity }) => severity === "error")).toMatchObject([{ line: 1, path, message }]);
});
