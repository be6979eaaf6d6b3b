import { expect, test } from "bun:test";
import { MAX_TARGETS, Membership, REMEMBERED_MS } from "../../../src/upstream/discovery/membership.ts";
import { targetOf } from "../support.ts";

const A = { url: "http://a", weight: 1 };
const B = { url: "http://b", weight: 1 };

function setup() {
  const time = { now: 0 };
  const create = (url: string, weight: number) => {
    const target = targetOf(url);
    target.weight = weight;
    return target;
  };
  const fixed = create("http://fixed", 1);
  const members = new Membership([fixed], create, () => time.now);
  const urls = () => members.targets.map(({ url, weight }) => `${url} ${weight}`);
  return { time, members, urls };
}

test("what is found stands beside what is configured, each once, in one order", () => {
  const { members, urls } = setup();
  const answer = [B, A, { url: "http://b:80/", weight: 5 }, { url: "http://fixed:80", weight: 9 }];
  expect(members.replace(answer)).toEqual({ added: ["http://a", "http://b"], removed: [], reweighted: [], ignored: 0 });
  expect(urls()).toEqual(["http://fixed 1", "http://a 1", "http://b 1"]);
});

test("the same answer in another order changes nothing, and targets stay the ones they are", () => {
  const { members } = setup();
  members.replace([A, B]);
  const before = members.targets;
  expect(members.replace([B, A])).toEqual({ added: [], removed: [], reweighted: [], ignored: 0 });
  expect(members.targets.every((target, i) => target === before[i])).toBe(true);
});

test("a new weight is a change", () => {
  const { members, urls } = setup();
  members.replace([A, B]);
  expect(members.replace([A, { ...B, weight: 3 }]).reweighted).toEqual(["http://b"]);
  expect(urls()).toEqual(["http://fixed 1", "http://a 1", "http://b 3"]);
});

test("an empty answer leaves what is configured", () => {
  const { members, urls } = setup();
  members.replace([A]);
  expect(members.replace([]).removed).toEqual(["http://a"]);
  expect(urls()).toEqual(["http://fixed 1"]);
});

test("a target that returns in time has its record still", () => {
  const { members, time } = setup();
  members.replace([A]);
  const [, first] = members.targets;
  members.replace([]);
  time.now += REMEMBERED_MS;
  expect(members.replace([A]).added).toEqual(["http://a"]);
  expect(members.targets[1]).toBe(first as never);
  members.replace([]);
  time.now += REMEMBERED_MS + 1;
  members.replace([A]);
  expect(members.targets[1]).not.toBe(first as never);
});

test("no more targets are used than the bound, the same ones in every gateway", () => {
  const { members } = setup();
  const many = Array.from({ length: MAX_TARGETS + 5 }, (_, i) => ({ url: `http://t${10_000 + i}`, weight: 1 }));
  expect(members.replace(many.toReversed()).ignored).toBe(5);
  expect(members.targets).toHaveLength(1 + MAX_TARGETS);
  expect(members.targets.at(-1)?.url).toBe(`http://t${10_000 + MAX_TARGETS - 1}`);
});

test("of those gone a bounded number is remembered", () => {
  const { members } = setup();
  const many = Array.from({ length: 300 }, (_, i) => ({ url: `http://t${1_000 + i}`, weight: 1 }));
  members.replace(many);
  const before = new Map(members.targets.map((target) => [target.url, target]));
  members.replace([]);
  members.replace(many);
  const same = members.targets.filter((target) => before.get(target.url) === target);
  expect(same).toHaveLength(1 + 256);
});
