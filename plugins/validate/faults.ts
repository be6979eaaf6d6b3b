import type { ErrorObject } from "ajv";
import { type ErrorDetail, pointerToken } from "../../src/plugin.ts";

/** Something that is wrong with a value: where in it (RFC 6901), and what. */
export interface Fault {
  readonly pointer: string;
  readonly detail: string;
}

/** Faults of one message that are told, at most. */
export const MOST_FAULTS = 20;
const LONGEST_POINTER = 300;
const LONGEST_TEXT = 200;

/** The first ones, each once, in words that do not repeat the value. */
export function faultsOf(errors: readonly ErrorObject[]): readonly Fault[] {
  const faults = new Map<string, Fault>();
  for (const error of errors) {
    if (error.keyword === "if") continue;
    const fault = faultOf(error);
    faults.set(`${fault.pointer} ${fault.detail}`, fault);
    if (faults.size === MOST_FAULTS) break;
  }
  return [...faults.values()];
}

function faultOf({ keyword, instancePath, params, message }: ErrorObject): Fault {
  const at = (name: unknown) => short(`${instancePath}/${pointerToken(String(name))}`, LONGEST_POINTER);
  switch (keyword) {
    case "required":
    case "dependentRequired":
      return { pointer: at(params.missingProperty), detail: "is required" };
    case "additionalProperties":
      return { pointer: at(params.additionalProperty), detail: "is not known here" };
    case "unevaluatedProperties":
      return { pointer: at(params.unevaluatedProperty), detail: "is not known here" };
    case "propertyNames":
      return { pointer: at(params.propertyName), detail: "must not be named so" };
    case "enum":
      return {
        pointer: short(instancePath, LONGEST_POINTER),
        detail: `must be one of ${listed(params.allowedValues)}`,
      };
    case "const":
      return { pointer: short(instancePath, LONGEST_POINTER), detail: `must be ${listed([params.allowedValue])}` };
    case "false schema":
      return { pointer: short(instancePath, LONGEST_POINTER), detail: "must not be here" };
    default:
      return { pointer: short(instancePath, LONGEST_POINTER), detail: short(message ?? keyword, LONGEST_TEXT) };
  }
}

function listed(values: unknown): string {
  const all = Array.isArray(values) ? values : [values];
  return short(all.map((value) => JSON.stringify(value)).join(", "), LONGEST_TEXT);
}

function short(text: string, longest: number): string {
  return text.length <= longest ? text : `${text.slice(0, longest)}…`;
}

/** As clients are told of it. */
export function bodyErrors(faults: readonly Fault[]): readonly ErrorDetail[] {
  return faults.map(({ pointer, detail }) => ({ pointer, detail }));
}
