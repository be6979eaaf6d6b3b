import type { Config } from "../config/schema.ts";
import { composePipeline, type Destination, type Pipeline } from "../pipeline.ts";
import type { Phases } from "../plugin.ts";
import type { Tracing } from "../trace/tracing.ts";
import { type NamedPhases, recordedDestination, recordedPhases } from "../trail/recorded.ts";

/** Composes one configuration's pipelines, each as it is watched: with spans, and with a record for who asks. */
export class Composer {
  readonly #format: Config["errors"]["format"];
  readonly #tracing: Tracing | undefined;
  readonly #mayBeRecorded: boolean;

  /** @param tracing undefined: nothing is put around anything */
  constructor({ errors, explain }: Pick<Config, "errors" | "explain">, tracing: Tracing | undefined) {
    this.#format = errors.format;
    this.#tracing = tracing;
    this.#mayBeRecorded = (explain.secret ?? "") !== "";
  }

  /** Where requests may ask to be explained it can be had with a record, made when the first one asks. */
  compose(plugins: readonly NamedPhases[], end: Destination): Pipeline {
    const format = this.#format;
    const named = this.#tracing === undefined ? plugins : plugins.map(this.#tracing.plugin);
    const destination = this.#tracing?.around(end) ?? end;
    const phases = named.map((one) => one.phases);
    const pipeline = composePipeline(phases, destination, format);
    if (!this.#mayBeRecorded) return pipeline;
    let recorded: Pipeline | undefined;
    return {
      ...pipeline,
      recorded: () => {
        recorded ??= composePipeline(named.map(recordedPhases), recordedDestination(destination), format);
        return recorded;
      },
    };
  }
}

/** The plugins of a place, under their names in the configuration. */
export function namedPhases(
  plugins: readonly { readonly name: string }[],
  phases: readonly Phases[],
): readonly NamedPhases[] {
  return plugins.map(({ name }, i) => ({ name, phases: phases[i] ?? {} }));
}
