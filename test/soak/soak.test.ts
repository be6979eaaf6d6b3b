import { expect, test } from "bun:test";
import { KINDS } from "./kinds.ts";
import { soak } from "./soak.ts";

const SECONDS = 20;

test("mixed load loses no byte and leaves nothing behind", async () => {
  const lines: string[] = [];
  const print = (line: string) => void lines.push(line);
  const { problems, runs } = await soak({ seconds: SECONDS, everyMs: 1_000, seed: 1, kinds: KINDS, print });
  expect(problems).toEqual([]);
  expect(lines).toHaveLength(SECONDS);
  for (const { name } of KINDS) expect(runs.get(name)).toBeGreaterThan(5);
}, 60_000);
