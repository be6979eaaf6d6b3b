import { Ajv2020, type ValidateFunction } from "ajv/dist/2020.js";
import addFormats from "ajv-formats";
import type { Json, Source } from "../../src/plugin.ts";
import { type Fault, faultsOf } from "./faults.ts";
import { compilePattern } from "./patterns.ts";
import { type Direction, Extractor, type SelfContained } from "./subschema.ts";

/**
 * Whether a value is what its schema says; undefined if it is, else what is not. `size` is that of the message in bytes: of small ones
 * all faults are told, of others the first.
 */
export type SchemaCheck = (value: unknown, size: number) => readonly Fault[] | undefined;

/** The stack has not been enough for a value that a client has sent. */
const TOO_DEEP: readonly Fault[] = [{ pointer: "", detail: "is too deep to be checked" }];

/** Up to here all faults are gathered; a value can have no more of them than it has bytes. */
const SMALL_BYTES = 65_536;

/** Compiles the schemas of one document, each when it is first needed. The one place where ajv is. */
export class Schemas {
  readonly #extractor: Extractor;
  readonly #onUnchecked: (what: string) => void;
  readonly #quick: Compiler;
  #thorough: Compiler | undefined = undefined;

  /** @param onUnchecked told, once for each, what cannot be checked and why */
  constructor(source: Source, direction: Direction, onUnchecked: (what: string) => void) {
    this.#extractor = new Extractor(source, direction);
    this.#onUnchecked = onUnchecked;
    this.#quick = new Compiler(false, onUnchecked);
  }

  /** @param place of the schema, for people */
  check(schema: Json, place: string): SchemaCheck {
    let parts: SelfContained | undefined;
    let quick: ValidateFunction | undefined;
    let thorough: ValidateFunction | undefined;
    let isBroken = false;
    const compiled = () => {
      parts = this.#extractor.extract(schema);
      const validate = this.#quick.compile(parts);
      // A schema that is nothing but itself never ends, whatever the value is.
      validate(null);
      return validate;
    };
    const faultsIn = (value: unknown, size: number) => {
      if (parts === undefined || quick === undefined || quick(value)) return undefined;
      if (size > SMALL_BYTES) return faultsOf(quick.errors ?? []);
      this.#thorough ??= new Compiler(true, () => {});
      thorough ??= this.#thorough.compile(parts);
      thorough(value);
      return faultsOf(thorough.errors ?? quick.errors ?? []);
    };
    return (value, size) => {
      if (isBroken) return undefined;
      try {
        quick ??= compiled();
      } catch (error) {
        isBroken = true;
        const why = error instanceof Error ? error.message : String(error);
        this.#onUnchecked(`${place} is not checked: ${why.slice(0, 300)}`);
        return undefined;
      }
      try {
        return faultsIn(value, size);
      } catch {
        return TOO_DEEP;
      }
    };
  }
}

class Compiler {
  readonly #ajv: Ajv2020;

  constructor(allErrors: boolean, onUnchecked: (what: string) => void) {
    const regExp = Object.assign((pattern: string) => compilePattern(pattern, onUnchecked), { code: "compilePattern" });
    this.#ajv = new Ajv2020({
      allErrors,
      strict: false,
      // No infinity, which 1e999 is.
      strictNumbers: true,
      validateSchema: false,
      addUsedSchema: false,
      logger: false,
      // `toString` is a property only where the value itself has it.
      ownProperties: true,
      multipleOfPrecision: 9,
      code: { regExp },
    });
    addFormats.default(this.#ajv);
    // Elysia writes these for what it takes from texts.
    this.#ajv.addFormat("integer", /^-?\d+$/);
    this.#ajv.addFormat("numeric", /^-?\d+(?:\.\d+)?$/);
    this.#ajv.addFormat("boolean", /^(?:true|false)$/);
  }

  compile({ schema, others }: SelfContained): ValidateFunction {
    for (const [name, other] of others) {
      if (this.#ajv.schemas[name] === undefined) this.#ajv.addSchema(other as object, name);
    }
    return this.#ajv.compile(schema as object);
  }
}
