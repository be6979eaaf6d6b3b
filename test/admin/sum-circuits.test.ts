import { expect, test } from "bun:test";
import { sumServices } from "../../src/admin/sum.ts";
import { sumCircuits } from "../../src/admin/sum-circuits.ts";
import type { CircuitReport } from "../../src/observe/circuit.ts";

function circuit(more: Partial<CircuitReport>): CircuitReport {
  const closed = { site: "service a", target: "http://a", state: "closed", since: 5, isForced: false } as const;
  return { ...closed, reason: undefined, openUntil: undefined, ...more };
}

test("a breaker that is open in one worker is to be seen", () => {
  const open = circuit({ state: "open", since: 9, reason: "why" });
  const halfOpen = circuit({ state: "half-open", since: 8 });
  expect(sumCircuits([circuit({})], [open])).toEqual([open]);
  expect(sumCircuits([open], [halfOpen])).toEqual([open]);
  expect(sumCircuits([circuit({})], [halfOpen])).toEqual([halfOpen]);
});

test("of two in one state the longer one is told", () => {
  expect(sumCircuits([circuit({ since: 7 })], [circuit({ since: 3 })])).toEqual([circuit({ since: 3 })]);
});

test("those of other targets, other places and of whole services are others", () => {
  const all = [
    circuit({}),
    circuit({ target: "http://b" }),
    circuit({ site: "route r" }),
    circuit({ target: undefined }),
  ];
  expect(sumCircuits(all, [])).toEqual(all);
  expect(sumCircuits([], all)).toEqual(all);
});

test("a service without breakers has none in the sum, one with them has them", () => {
  const service = { name: "s", balance: "random", targets: [] };
  expect(sumServices([[service], [service]])).toEqual([service]);
  const open = circuit({ state: "open" });
  const [sum] = sumServices([[{ ...service, circuits: [circuit({})] }], [{ ...service, circuits: [open] }]]);
  expect(sum?.circuits).toEqual([open]);
});
