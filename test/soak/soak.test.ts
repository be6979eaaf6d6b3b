import { expect, test } from "bun:test";
import { KINDS } from "./kinds.ts";
import { soak } from "./soak.ts";

/** Long enough for growth to show against the warm-up. */
const SECONDS = 76;
const EVERY_MS = 2_000;

test("mixed load loses no byte and leaves nothing behind", async () => {
  const lines: string[] = [];
  const print = (line: string) => void lines.push(line);
  const { problems, runs } = await soak({ seconds: SECONDS, everyMs: EVERY_MS, seed: 1, kinds: KINDS, print });
  expect(problems).toEqual([]);
  expect(lines).toHaveLength((SECONDS * 1_000) / EVERY_MS);
  for (const { name } of KINDS) expect(runs.get(name)).toBeGreaterThan(5);
}, 180_000);
