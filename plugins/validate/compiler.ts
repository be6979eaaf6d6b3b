import { Ajv2020, type ErrorObject } from "ajv/dist/2020.js";
import { addAllFormats } from "./formats.ts";
import { isMultipleOf } from "./multiple.ts";
import { compilePattern } from "./patterns.ts";
import { STEP } from "./step.ts";
import type { SelfContained } from "./subschema.ts";
import { areUnique } from "./unique.ts";

/**
 * Steps that a value of no bytes may take, and those that each byte may. A schema that refers to itself in two branches doubles the work with
 * each level of a value.
 */
const LEAST_STEPS = 10_000;
const STEPS_A_BYTE = 5;

/** What is wrong with a value, none if nothing is. Throws if that takes too many steps, or too much stack. */
export type Validate = (value: unknown, size: number) => readonly ErrorObject[];

/** The compiler for schemas. The one place where ajv is made. */
export class Compiler {
  readonly #ajv: Ajv2020;
  #stepsLeft = 0;

  /** @param allErrors find all that is wrong, and not only the first */
  constructor(allErrors: boolean, onUnchecked: (what: string) => void) {
    const regExp = Object.assign((pattern: string) => compilePattern(pattern, onUnchecked), { code: "compilePattern" });
    this.#ajv = new Ajv2020({
      allErrors,
      strict: false,
      // No infinity, which 1e999 is.
      strictNumbers: true,
      validateSchema: false,
      addUsedSchema: false,
      inlineRefs: false,
      logger: false,
      // `toString` is a property only where the value itself has it.
      ownProperties: true,
      code: { regExp },
    });
    addAllFormats(this.#ajv);
    this.#ajv.removeKeyword("uniqueItems");
    this.#ajv.addKeyword({
      keyword: "uniqueItems",
      type: "array",
      schemaType: "boolean",
      validate: (isWanted: boolean, items: readonly unknown[]) => !isWanted || areUnique(items),
      error: { message: "must NOT have duplicate items" },
    });
    this.#ajv.removeKeyword("multipleOf");
    this.#ajv.addKeyword({
      keyword: "multipleOf",
      type: "number",
      schemaType: "number",
      validate: (divisor: number, value: number) => isMultipleOf(value, divisor),
      error: { message: ({ schema }) => `must be multiple of ${schema}` },
    });
    this.#ajv.addKeyword({ keyword: STEP, schemaType: "boolean", before: "$ref", validate: () => this.#step() });
  }

  compile({ schema, others }: SelfContained): Validate {
    for (const [name, other] of others) {
      if (this.#ajv.schemas[name] === undefined) this.#ajv.addSchema(other as object, name);
    }
    const validate = this.#ajv.compile(schema as object);
    return (value, size) => {
      this.#stepsLeft = LEAST_STEPS + STEPS_A_BYTE * size;
      return validate(value) ? NONE : (validate.errors ?? NONE);
    };
  }

  #step(): boolean {
    this.#stepsLeft--;
    if (this.#stepsLeft < 0) throw new Error("too many steps");
    return true;
  }
}

const NONE: readonly ErrorObject[] = [];
