import { History } from "./history.ts";
import { Sampler, type SamplerOptions } from "./sampler.ts";

/** The history of a gateway that runs. */
export interface Following {
  readonly sampler: Sampler;
  readonly history: History;
  start(): void;
  stop(): void;
}

/** A history that is kept from its start to its stop. */
export function followCounts(options: SamplerOptions): Following {
  const sampler = new Sampler(options);
  const history = new History();
  sampler.listen((sample) => history.add(sample));
  return { sampler, history, start: () => sampler.start(), stop: () => sampler.stop() };
}
