import { expect, setDefaultTimeout, test } from "bun:test";
import { startStage } from "../support/truth/stage.ts";

const SEED = Number(Bun.env.TRUTH_SEED ?? 2);
const TIMES = Number(Bun.env.TRUTH_TIMES ?? 2);

setDefaultTimeout(300_000 + TIMES * 10_000);

test("every view of two workers agrees with the wire, through reloads and a drain", async () => {
  await using stage = await startStage(2);
  await stage.run(SEED, TIMES, 6);
  expect(await stage.lies()).toEqual([]);
  // A port that stays is not opened anew, also where any free one was asked for.
  expect(stage.gateway.logs.filter(({ msg }) => msg?.startsWith("no longer listening"))).toEqual([]);
  expect(await stage.stop()).toEqual([]);
});
