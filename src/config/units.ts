import { Kind, type TSchema, type TUnsafe, Type, TypeRegistry } from "@sinclair/typebox";

/**
 * Values written with a unit: `30s`, `16kb`, `20%`. In the schema each is a string of that form; once decoded it is a
 * number: milliseconds, bytes, or a fraction of 1.
 */
interface Unit {
  readonly kind: "Duration" | "Size" | "Share";
  readonly pattern: RegExp;
  readonly factors: Readonly<Record<string, number>>;
  /** Completes "expected …". */
  readonly expected: string;
}

const UNITS: readonly Unit[] = [
  {
    kind: "Duration",
    pattern: /^(\d+(?:\.\d+)?)(ms|s|m|h|d)$/,
    factors: { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 },
    expected: "a duration such as 250ms, 30s, 5m, 1h or 7d",
  },
  {
    kind: "Size",
    pattern: /^(\d+(?:\.\d+)?)(b|kb|mb|gb)$/,
    factors: { b: 1, kb: 1_024, mb: 1_048_576, gb: 1_073_741_824 },
    expected: "a size such as 512b, 16kb, 10mb or 4gb",
  },
  { kind: "Share", pattern: /^(\d+(?:\.\d+)?)(%)$/, factors: { "%": 0.01 }, expected: "a share such as 20%" },
];

const units = new Map(UNITS.map((unit) => [unit.kind as string, unit]));

interface UnitOptions {
  /** Written as in the YAML: "30s". */
  readonly default?: string;
  readonly description?: string;
}

/** A duration in the YAML, milliseconds in the code. */
export const Duration = (options: UnitOptions = {}): TUnsafe<number> => unitSchema("Duration", options);
/** A size in the YAML, bytes in the code. */
export const Size = (options: UnitOptions = {}): TUnsafe<number> => unitSchema("Size", options);
/** A percentage in the YAML, a fraction of 1 in the code. */
export const Share = (options: UnitOptions = {}): TUnsafe<number> => unitSchema("Share", options);

/** The unit that a schema is written in; undefined for every other schema. */
export function unitOf(schema: TSchema): Unit | undefined {
  return units.get(schema[Kind]);
}

/** "30s" → 30000; undefined if the text is not of that unit. */
export function parseUnit(unit: Unit, text: unknown): number | undefined {
  if (typeof text !== "string") return undefined;
  const match = unit.pattern.exec(text);
  if (match === null) return undefined;
  const [, amount = "", suffix = ""] = match;
  return Number(amount) * (unit.factors[suffix] as number);
}

function unitSchema(kind: Unit["kind"], options: UnitOptions): TUnsafe<number> {
  const unit = units.get(kind) as Unit;
  return Type.Unsafe<number>({ ...options, [Kind]: kind, type: "string", pattern: unit.pattern.source });
}

for (const unit of UNITS) TypeRegistry.Set(unit.kind, (_schema, value) => parseUnit(unit, value) !== undefined);
