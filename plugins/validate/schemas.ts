import type { Json, Source } from "../../src/plugin.ts";
import { Compiler, type Validate } from "./compiler.ts";
import { type Fault, faultsOf } from "./faults.ts";
import { type Direction, Extractor, type SelfContained } from "./subschema.ts";

/**
 * Whether a value is what its schema says; undefined if it is, else what is not. `size` is that of the message in bytes: of small ones
 * all faults are told, of others the first.
 */
export type SchemaCheck = (value: unknown, size: number) => readonly Fault[] | undefined;

/** Up to here all faults are gathered; a value can have no more of them than it has bytes. */
const SMALL_BYTES = 65_536;
const TOO_COMPLEX: readonly Fault[] = [{ pointer: "", detail: "is too complex to be checked" }];

/** Compiles the schemas of one document, each when it is first needed. */
export class Schemas {
  readonly #source: Source;
  readonly #extractor: Extractor;
  readonly #onUnchecked: (what: string) => void;
  readonly #quick: Compiler;
  #thorough: Compiler | undefined = undefined;

  /** @param onUnchecked told, once for each, what cannot be checked and why */
  constructor(source: Source, direction: Direction, onUnchecked: (what: string) => void) {
    this.#source = source;
    this.#extractor = new Extractor(source, direction);
    this.#onUnchecked = onUnchecked;
    this.#quick = new Compiler(false, onUnchecked);
  }

  /** @param place of the schema, for people */
  check(schema: Json, place: string): SchemaCheck {
    let compiled: CompiledSchema | "broken" | undefined;
    return (value, size) => {
      compiled ??= this.#compile(schema, place);
      if (compiled === "broken") return undefined;
      try {
        const errors = compiled.quick(value, size);
        if (errors.length === 0) return undefined;
        return (size <= SMALL_BYTES ? this.#explain(compiled, value, size) : undefined) ?? faultsOf(errors);
      } catch {
        return TOO_COMPLEX;
      }
    };
  }

  /** Tells of references that lead nowhere that what is behind them is not checked. */
  tellBroken(refs: Iterable<string>, place: string): void {
    const reasons = [...refs].map((ref) => this.#source.broken.get(ref)?.text ?? `${ref} leads nowhere`);
    if (reasons.length > 0) this.#onUnchecked(`${place} is not checked in full: ${reasons.join(", ").slice(0, 300)}`);
  }

  #compile(schema: Json, place: string): CompiledSchema | "broken" {
    try {
      const parts = this.#extractor.extract(schema);
      const quick = this.#quick.compile(parts);
      // A schema that is nothing but itself never ends, whatever the value is.
      quick(null, 0);
      this.tellBroken(parts.broken, place);
      return { parts, quick, thorough: undefined };
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      this.#onUnchecked(`${place} is not checked: ${why.slice(0, 300)}`);
      return "broken";
    }
  }

  /** All that is wrong; undefined if that is too much to find out. */
  #explain(compiled: CompiledSchema, value: unknown, size: number): readonly Fault[] | undefined {
    this.#thorough ??= new Compiler(true, () => {});
    compiled.thorough ??= this.#thorough.compile(compiled.parts);
    try {
      return faultsOf(compiled.thorough(value, size));
    } catch {
      return undefined;
    }
  }
}

interface CompiledSchema {
  readonly parts: SelfContained;
  readonly quick: Validate;
  thorough: Validate | undefined;
}
