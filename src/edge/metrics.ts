import { CORE, familyOf } from "../observe/metrics/core.ts";
import type { CounterShape, Family, GaugeShape } from "../observe/metrics/family.ts";
import type { Edge } from "./edge.ts";

/** The metrics of all listeners. What an edge cannot tell is left out. */
export function edgeFamilies(edges: readonly Edge[]): readonly Family[] {
  const each = (shape: CounterShape | GaugeShape, read: (edge: Edge) => number | undefined): Family =>
    familyOf(
      shape,
      edges.flatMap((edge) => {
        const value = read(edge);
        return value === undefined ? [] : [{ labels: [`${edge.host}:${edge.port}`], value }];
      }),
    );
  return [
    each(CORE.listenerConnections, ({ connections }) => connections),
    each(CORE.listenerTunnels, ({ tunnels }) => tunnels),
    each(CORE.listenerAccepted, ({ accepted }) => accepted),
    each(CORE.listenerRefused, ({ refused }) => refused),
  ];
}
