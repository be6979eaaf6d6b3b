import { expect, test } from "bun:test";
import { LimitedClients, sumLimited } from "../../../src/observe/incidents/limited.ts";

const MINUTE = 60_000;

test("clients are told apart by their routes", () => {
  const limited = new LimitedClients(() => 5);
  limited.note("203.0.113.9", "a");
  limited.note("203.0.113.9", "a");
  limited.note("203.0.113.9", "b");
  limited.note("jwt:alice", "a");
  const { since, clients } = limited.report();
  expect(since).toBe(5);
  expect(clients).toHaveLength(3);
  expect(clients).toContainEqual({ client: "203.0.113.9", route: "a", refused: 2, lastAt: 5 });
  expect(clients).toContainEqual({ client: "jwt:alice", route: "a", refused: 1, lastAt: 5 });
});

test("what is long ago is forgotten, the period before is not", () => {
  let now = 0;
  const limited = new LimitedClients(() => now);
  limited.note("old", "r");
  now = 20 * MINUTE;
  limited.note("new", "r");
  limited.note("old", "r");
  expect(limited.report()).toEqual({
    since: 0,
    clients: [
      { client: "old", route: "r", refused: 2, lastAt: now },
      { client: "new", route: "r", refused: 1, lastAt: now },
    ],
  });
  now = 31 * MINUTE;
  expect(limited.report()).toMatchObject({ since: 15 * MINUTE, clients: [{ refused: 1 }, { refused: 1 }] });
  now = 80 * MINUTE;
  expect(limited.report()).toEqual({ since: now, clients: [] });
});

test("a flood of clients takes no more memory than a few", () => {
  const limited = new LimitedClients(() => 0);
  for (let i = 0; i < 20_000; i++) limited.note(`198.51.100.${i}`, "r");
  for (let i = 0; i < 100; i++) limited.note("203.0.113.9", "r");
  const { clients } = limited.report();
  expect(clients).toHaveLength(512);
  expect(clients.find(({ client }) => client === "203.0.113.9")?.refused).toBeGreaterThanOrEqual(100);
});

test("reports of several processes are added", () => {
  const [a, b] = [10, 20].map((at) => {
    const limited = new LimitedClients(() => at);
    limited.note("x", "r");
    limited.note(`only at ${at}`, "r");
    return limited.report();
  });
  if (a === undefined || b === undefined) throw new Error("there are two");
  expect(sumLimited([a, b])).toEqual({
    since: 10,
    clients: [
      { client: "x", route: "r", refused: 2, lastAt: 20 },
      { client: "only at 10", route: "r", refused: 1, lastAt: 10 },
      { client: "only at 20", route: "r", refused: 1, lastAt: 20 },
    ],
  });
});
