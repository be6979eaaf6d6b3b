import { expect, setDefaultTimeout, test } from "bun:test";
import { startStage } from "../support/truth/stage.ts";

/** For longer explorations by hand: another order, and so many exchanges of each kind. */
const SEED = Number(Bun.env.TRUTH_SEED ?? 1);
const TIMES = Number(Bun.env.TRUTH_TIMES ?? 3);
/** Clients at a time. */
const LANES = 4;

setDefaultTimeout(300_000 + TIMES * 10_000);

test("every view of one process agrees with the wire, through reloads and a drain", async () => {
  await using stage = await startStage(1);
  await stage.run(SEED, TIMES, LANES);
  await stage.runAlone();
  expect(await stage.lies()).toEqual([]);
  expect(await stage.stop()).toEqual([]);
});
