import { expect, test } from "bun:test";
import { Episode } from "../../src/observe/episode.ts";
import { punctually } from "../support/punctual.ts";
import { until } from "../support/until.ts";

function recorded(quietMs: number) {
  const told: (string | number)[] = [];
  const episode = new Episode({ quietMs, onBegin: () => told.push("begin"), onEnd: (count) => told.push(count) });
  return { told, episode };
}

test("a run of events is told at its first, and when it is over with their number", async () => {
  const { told, episode } = recorded(30);
  for (let i = 0; i < 5; i++) episode.note();
  expect(told).toEqual(["begin"]);
  await until(() => told.length === 2, { what: "it is over" });
  expect(told).toEqual(["begin", 5]);
  episode.note();
  await until(() => told.length === 4, { what: "the next one, too" });
  expect(told).toEqual(["begin", 5, "begin", 1]);
});

test("is not over while events come", async () => {
  await punctually(async () => {
    const { told, episode } = recorded(200);
    const startedAt = performance.now();
    await until(
      () => {
        episode.note();
        return performance.now() - startedAt > 700;
      },
      { what: "time has passed" },
    );
    expect(told).toEqual(["begin"]);
  });
});
