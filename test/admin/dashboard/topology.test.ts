import { describe, expect, test } from "bun:test";
import { topologyOf } from "../../../src/admin/dashboard/page/model/topology.ts";
import { circuit, NOW, route, service, target } from "./facts.ts";

const ALL = { text: "", onlyProblems: false };
const ROUTES = [
  {
    ...route("split", []),
    services: [
      { name: "users", weight: 9 },
      { name: "next", weight: 1 },
    ],
  },
  route("users"),
  { ...route("hello", []), path: "/hello" },
];
const SERVICES = [
  service("users"),
  service("next", [target({ url: "http://next.internal", health: "down" }), target()]),
  service("orders", [target()], [circuit({})]),
  service("dead", [target({ health: "down" })]),
];

function names(wanted: { readonly text: string; readonly onlyProblems: boolean }): readonly string[] {
  return topologyOf(ROUTES, SERVICES, wanted, NOW).branches.map((branch) => branch.service.name);
}

describe("the topology", () => {
  test("leads from routes to services by their shares, and to none where the gateway answers", () => {
    const { branches, own } = topologyOf(ROUTES, SERVICES, ALL, NOW);
    const users = branches.find((branch) => branch.service.name === "users");
    expect(users?.routes.map((way) => [way.route.name, way.part])).toEqual([
      ["split", 0.9],
      ["users", 1],
    ]);
    expect(own.map(({ name }) => name)).toEqual(["hello"]);
  });

  test("has what is worst first, and counts", () => {
    expect(names(ALL)).toEqual(["dead", "next", "orders", "users"]);
    expect(topologyOf(ROUTES, SERVICES, ALL, NOW).counts).toEqual({ good: 1, note: 0, warning: 2, critical: 1 });
    const words = topologyOf(ROUTES, SERVICES, ALL, NOW).branches.map(({ state }) => state.word);
    expect(words).toEqual(["down", "1 of 2 targets down", "circuit open", "up"]);
  });

  test("finds by service, target, route and path, in any case", () => {
    expect(names({ text: "ORDERS", onlyProblems: false })).toEqual(["orders"]);
    expect(names({ text: "next.internal", onlyProblems: false })).toEqual(["next"]);
    expect(names({ text: "/split", onlyProblems: false })).toEqual(["next", "users"]);
    expect(names({ text: "nothing", onlyProblems: false })).toEqual([]);
  });

  test("leaves out what is well, if that is wanted", () => {
    expect(names({ text: "", onlyProblems: true })).toEqual(["dead", "next", "orders"]);
    expect(topologyOf(ROUTES, SERVICES, { text: "", onlyProblems: true }, NOW).own).toEqual([]);
  });

  test("takes 300 services", () => {
    const many = Array.from({ length: 300 }, (_, i) =>
      service(`s${i}`, [target({ health: i === 250 ? "down" : "up" })]),
    );
    const { branches, counts } = topologyOf([], many, ALL, NOW);
    expect(branches[0]?.service.name).toBe("s250");
    expect(counts).toMatchObject({ good: 299, critical: 1 });
  });
});
