import { expect, setDefaultTimeout, test } from "bun:test";
import { startStage } from "../support/truth/stage.ts";

setDefaultTimeout(120_000);

test("every view of one process agrees with the wire", async () => {
  await using stage = await startStage(1);
  await stage.run(1, 3, 4);
  await stage.runAlone();
  expect(await stage.lies()).toEqual([]);
});
