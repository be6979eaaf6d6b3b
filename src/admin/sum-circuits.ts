import type { CircuitReport } from "../observe/circuit.ts";

/** The breakers of two workers as one: each is told in the worst state that it has. */
export function sumCircuits(
  some: readonly CircuitReport[],
  others: readonly CircuitReport[],
): readonly CircuitReport[] {
  const all = new Map<string, CircuitReport>();
  for (const circuit of [...some, ...others]) {
    const key = JSON.stringify([circuit.site, circuit.target]);
    const known = all.get(key);
    if (known === undefined || isWorse(circuit, known)) all.set(key, circuit);
  }
  return [...all.values()];
}

const BADNESS = { closed: 0, "half-open": 1, open: 2 } as const;

/** Of two in the same state the one that is in it for longer. */
function isWorse(a: CircuitReport, b: CircuitReport): boolean {
  const more = BADNESS[a.state] - BADNESS[b.state];
  return more > 0 || (more === 0 && a.since < b.since);
}
