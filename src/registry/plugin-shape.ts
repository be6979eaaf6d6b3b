import { Kind } from "@sinclair/typebox";

const NAME = /^[a-z][a-z0-9]*(?:-[a-z0-9]+)*$/;

/** Whether a text is a name that a plugin may have: kebab-case. */
export function isPluginName(text: string): boolean {
  return NAME.test(text);
}

/** Why the default export of a module is no plugin; undefined if it is one. */
export function shapeProblem(exported: unknown): string | undefined {
  if (exported === undefined) return "it has no default export: expected `export default definePlugin({ … })`";
  if (!isObject(exported)) return "its default export is no plugin: expected `export default definePlugin({ … })`";
  const { name, description, options, answers, preflights, describe, setup } = exported;
  if (typeof name !== "string" || !isPluginName(name)) {
    return `its name is ${shown(name)}: expected words in lower case, joined by hyphens, such as api-version`;
  }
  if (typeof description !== "string" || description.trim() === "") {
    return `its description is ${shown(description)}: expected one sentence`;
  }
  if (!isObject(options) || options[Kind] !== "Object") return "its options are no schema: expected Type.Object({ … })";
  if (answers !== undefined && typeof answers !== "boolean") {
    return `its answers is ${shown(answers)}: expected true or false`;
  }
  if (preflights !== undefined && typeof preflights !== "boolean") {
    return `its preflights is ${shown(preflights)}: expected true or false`;
  }
  if (describe !== undefined && typeof describe !== "function") {
    return `its describe is ${shown(describe)}: expected a function`;
  }
  if (typeof setup !== "function") return `its setup is ${shown(setup)}: expected a function`;
  return undefined;
}

/** Why a module could not be imported, with the line where that is known. */
export function importProblem(error: unknown): string {
  const mistakes: readonly unknown[] = error instanceof AggregateError ? error.errors : [error];
  const [first, ...others] = mistakes;
  const text = `importing it failed: ${placed(first)}`;
  return others.length === 0 ? text : `${text} (and ${others.length} more after it)`;
}

/** Bun tells the place of a syntax error, and of an import that leads nowhere. */
function placed(error: unknown): string {
  const message = error instanceof Error || hasMessage(error) ? error.message : shown(error);
  if (!isObject(error) || !isObject(error.position)) return message;
  const { line, column } = error.position;
  return typeof line === "number" ? `line ${line}, column ${column}: ${message}` : message;
}

function hasMessage(error: unknown): error is { readonly message: string } {
  return isObject(error) && typeof error.message === "string";
}

function isObject(value: unknown): value is Readonly<Record<string | symbol, unknown>> {
  return typeof value === "object" && value !== null;
}

function shown(value: unknown): string {
  if (value === undefined) return "missing";
  if (typeof value === "string") return JSON.stringify(value);
  if (typeof value === "function") return "a function";
  return isObject(value) ? "an object" : String(value);
}
