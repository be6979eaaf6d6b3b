import { expect, test } from "bun:test";
import { CheckDuty } from "../../src/workers/check-duty.ts";
import type { ToWorker } from "../../src/workers/messages.ts";

const VERDICT = { service: "s", target: "http://a", state: "unhealthy", lastError: "status 500" } as const;

/** Places of workers, with what each was told. */
function places(count: number) {
  const all = Array.from({ length: count }, (_, index) => {
    const told: string[] = [];
    return { worker: index + 1, isServing: true, told, tell: ({ kind }: ToWorker) => void told.push(kind) };
  });
  const told = () => all.map((place) => place.told.splice(0));
  return { all, told };
}

test("one checks, and is told again when another worker comes", () => {
  const { all, told } = places(3);
  const duty = new CheckDuty();
  duty.review(all.slice(0, 1));
  duty.review(all);
  expect(told()).toEqual([["checks", "checks"], [], []]);
});

test("what it finds goes to all others; what others say goes to nobody", () => {
  const { all, told } = places(3);
  const duty = new CheckDuty();
  duty.review(all);
  told();
  duty.pass(VERDICT, 1, all);
  expect(told()).toEqual([[], ["health"], ["health"]]);
  duty.pass(VERDICT, 2, all);
  expect(told()).toEqual([[], [], []]);
});

test("when it ends another takes over, and keeps the duty when the first is back", () => {
  const { all, told } = places(2);
  const [first] = all;
  if (first === undefined) throw new Error("there are two");
  const duty = new CheckDuty();
  duty.review(all);
  told();
  first.isServing = false;
  duty.review(all);
  expect(told()).toEqual([[], ["checks"]]);
  first.isServing = true;
  duty.review(all);
  expect(told()).toEqual([[], ["checks"]]);
  duty.pass(VERDICT, 1, all);
  expect(told()).toEqual([[], []]);
});

test("with no worker left there is nobody to tell", () => {
  const { all, told } = places(1);
  for (const place of all) place.isServing = false;
  const duty = new CheckDuty();
  duty.review(all);
  duty.pass(VERDICT, 1, all);
  expect(told()).toEqual([[]]);
});
