import { expect, test } from "bun:test";
import { inhibit } from "../../src/alerts/inhibit.ts";
import { firing } from "./setup.ts";

const SERVICES = new Map([
  ["cart", ["shop"]],
  ["both", ["shop", "users"]],
  ["people", ["users"]],
  ["fixed", []],
]);
const routes = () => [...SERVICES.keys()].map((route) => firing({ route }));
const dead = () => firing({ service: "shop" }, { severity: "critical", rule: { kind: "state", of: "target" } });

function inhibited(alerts: readonly ReturnType<typeof firing>[]): readonly string[] {
  inhibit(alerts, SERVICES);
  return alerts.flatMap(({ inhibitedBy, subject }) =>
    inhibitedBy === undefined ? [] : (subject.route ?? subject.service ?? ""),
  );
}

test("a service without targets stands for its other alerts, and for those of routes that lead nowhere else", () => {
  const cause = dead();
  const pool = firing({ service: "shop" }, { rule: { kind: "saturation", of: "pool" } });
  const other = firing({ service: "users" }, { rule: { kind: "saturation", of: "pool" } });
  const alerts = [cause, pool, other, ...routes()];
  expect(inhibited(alerts)).toEqual(["shop", "cart"]);
  expect(pool.inhibitedBy).toBe(cause.id);
  expect(cause.inhibitedBy).toBeUndefined();
});

test("a service that misses its objective stands for its routes alone", () => {
  const errors = firing({ service: "shop" }, { severity: "critical" });
  const pool = firing({ service: "shop" }, { rule: { kind: "saturation", of: "pool" } });
  expect(inhibited([errors, pool, ...routes()])).toEqual(["cart"]);
});

test("a route of two services that are both down is no news", () => {
  const users = firing({ service: "users" }, { severity: "critical", rule: { kind: "state", of: "target" } });
  expect(inhibited([dead(), users, ...routes()])).toEqual(["cart", "both", "people"]);
});

test("what is a warning, or over, stands for nothing", () => {
  const warning = firing({ service: "shop" }, { rule: { kind: "state", of: "target" } });
  const over = dead();
  over.resolve(0);
  expect(inhibited([warning, over, ...routes()])).toEqual([]);
});

test("when the cause is gone, what it stood for is told", () => {
  const cause = dead();
  const [cart = cause] = routes();
  expect(inhibited([cause, cart])).toEqual(["cart"]);
  expect(inhibited([cart])).toEqual([]);
});
