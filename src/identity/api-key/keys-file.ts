import { type Static, Type } from "@sinclair/typebox";
import { type DataProblem, readDataFile } from "../../config/data-file.ts";
import { KEY_ID } from "./key-text.ts";
import type { KeyRecord } from "./record.ts";

const closed = { additionalProperties: false };
const HASH = { pattern: "^sha256:[0-9a-f]{64}$", expected: "sha256: and 64 hexadecimal digits" };

/** They may become headers: no control characters, and no blanks around. */
const TEXT = {
  pattern: "^(?! )[^\\x00-\\x1f\\x7f-\\x9f]*(?<! )$",
  expected: "text without control characters and outer blanks",
};

/** Owner, scopes, tier and metadata, as files and the admin port spell them. */
export const HOLDER = {
  owner: Type.Optional(Type.String({ ...TEXT, minLength: 1, maxLength: 256, description: "Who is calling." })),
  scopes: Type.Array(Type.String({ pattern: "^[\\x21\\x23-\\x5b\\x5d-\\x7e]+$", expected: "a scope without blanks" }), {
    default: [],
    maxItems: 100,
    description: "What the key may be used for.",
  }),
  tier: Type.Optional(
    Type.String({ ...TEXT, minLength: 1, maxLength: 64, description: "For limits that differ: free, pro." }),
  ),
  metadata: Type.Record(Type.String({ maxLength: 64 }), Type.String({ ...TEXT, maxLength: 256 }), {
    default: {},
    maxProperties: 20,
    description: "Whatever else shall be known of it.",
  }),
};

const Entry = Type.Object(
  {
    id: Type.String({ pattern: KEY_ID, expected: "a key's id: 16 hexadecimal digits" }),
    hash: Type.String(HASH),
    "previous-hash": Type.Optional(Type.String({ ...HASH, description: "Of a key that still holds." })),
    ...HOLDER,
    expires: Type.Optional(
      Type.String({
        pattern: "^\\d{4}-\\d\\d-\\d\\d(T\\d\\d:\\d\\d(:\\d\\d)?(Z|[+-]\\d\\d:\\d\\d))?$",
        expected: "a day (2030-12-31) or a time (2030-12-31T12:00:00Z)",
      }),
    ),
  },
  closed,
);

const KeysFile = Type.Object({ keys: Type.Array(Entry, { maxItems: 100_000 }) }, closed);

/** The keys of a file, by id. Throws Error with every problem at its place; `directory` is where people see it from. */
export async function readKeysFile(path: string, directory: string): Promise<ReadonlyMap<string, KeyRecord>> {
  const { keys } = await readDataFile(path, KeysFile, directory, check);
  return new Map(keys.map((entry) => [entry.id, recordOf(entry)]));
}

function check({ keys }: Static<typeof KeysFile>): readonly DataProblem[] {
  const seen = new Set<string>();
  return keys.flatMap(({ id, expires }, i) => {
    const problems: DataProblem[] = [];
    if (seen.has(id)) problems.push({ path: ["keys", i, "id"], message: `the id ${id} is here twice` });
    seen.add(id);
    if (expires !== undefined && Number.isNaN(Date.parse(expires))) {
      problems.push({ path: ["keys", i, "expires"], message: `there is no such day: ${expires}` });
    }
    return problems;
  });
}

function recordOf({ id, hash, "previous-hash": previous, expires, ...holder }: Static<typeof Entry>): KeyRecord {
  return {
    ...holder,
    id,
    hash: digits(hash),
    ...(previous === undefined ? {} : { previous: { hash: digits(previous), endsAt: Number.POSITIVE_INFINITY } }),
    ...(expires === undefined ? {} : { expiresAt: Date.parse(expires) }),
  };
}

function digits(hash: string): string {
  return hash.slice("sha256:".length);
}
