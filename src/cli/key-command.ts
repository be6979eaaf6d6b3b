import { type Static, Type } from "@sinclair/typebox";
import { decodeValue } from "../config/decode.ts";
import { Duration } from "../config/units.ts";
import { KEY_ID } from "../identity/api-key/key-text.ts";
import { HOLDER } from "../identity/api-key/keys-file.ts";
import { ADMIN_FLAGS, type AdminAccess, adminAccess } from "./admin-access.ts";
import type { Flags } from "./flags.ts";

interface Common {
  readonly config: string;
  readonly isJson: boolean;
  readonly access: AdminAccess;
}

const IssueFlags = Type.Object({ ...HOLDER, "expires-in": Type.Optional(Duration()) });
const RotateFlags = Type.Object({ grace: Duration({ default: "24h" }) });

interface Issue extends Common {
  readonly name: "issue";
  readonly holder: Static<typeof IssueFlags>;
  readonly isForFile: boolean;
}

/** What `gateway key` is asked for. */
export type KeyCommand =
  | Issue
  | (Common & { readonly name: "list" })
  | (Common & { readonly name: "rotate"; readonly id: string; readonly grace: number })
  | (Common & { readonly name: "revoke"; readonly id: string });

const COMMON: readonly string[] = ["config", "json", ...Object.keys(ADMIN_FLAGS)];

/** Flags that each command takes, beside those that all take. */
const TAKEN: Readonly<Record<string, readonly string[]>> = {
  issue: ["owner", "scopes", "tier", "expires-in", "metadata", "for-file"],
  list: [],
  rotate: ["grace"],
  revoke: [],
};

const ID = new RegExp(KEY_ID);

/** The command, or what is not understood of it. */
export function parseKeyCommand({ words, values }: Flags, cwd: string): KeyCommand | string {
  const [name = "", id, ...rest] = words;
  const taken = Object.hasOwn(TAKEN, name) ? TAKEN[name] : undefined;
  if (taken === undefined) return name === "" ? "say what to do" : `there is no command key ${name}`;
  const foreign = [...values.keys()].find((flag) => !taken.includes(flag) && !COMMON.includes(flag));
  if (foreign !== undefined) return `key ${name} has no flag --${foreign}`;
  const one = (flag: string) => values.get(flag)?.at(-1);
  const common = {
    config: one("config") ?? "gateway.yaml",
    isJson: values.has("json"),
    access: adminAccess({ values }, cwd),
  };
  const needsId = name === "rotate" || name === "revoke";
  if (rest.length > 0 || (!needsId && id !== undefined))
    return `key ${name} takes no word ${JSON.stringify(rest[0] ?? id)}`;
  if (needsId && (id === undefined || !ID.test(id)))
    return "give the key's id: 16 hexadecimal digits, which `key list` shows";
  if (name === "list") return { ...common, name };
  if (name === "issue") return issueOf(values, common);
  if (name === "revoke") return { ...common, name, id: id ?? "" };
  const decoded = decodeValue(RotateFlags, given({ grace: one("grace") }), "/");
  if (!decoded.ok) return `--${decoded.problems.join("; --")}`;
  return { ...common, name: "rotate", id: id ?? "", ...(decoded.value as Static<typeof RotateFlags>) };
}

/** Of a new key, with times counted from now. */
export function holderOf({ holder: { "expires-in": expiresIn, ...holder } }: Issue) {
  return { ...holder, expiresIn };
}

export type IssueRequest = ReturnType<typeof holderOf>;

function issueOf(values: Flags["values"], common: Common): KeyCommand | string {
  const pairs = (values.get("metadata") ?? []).map((text) => [text.split("=", 1)[0] ?? "", text] as const);
  const wrong = pairs.find(([name, text]) => name === "" || !text.includes("="));
  if (wrong !== undefined) return `--metadata ${JSON.stringify(wrong[1])}: expected NAME=VALUE`;
  const one = (flag: string) => values.get(flag)?.at(-1);
  const written = given({
    owner: one("owner"),
    scopes: values.get("scopes")?.flatMap((text) => text.split(",")),
    tier: one("tier"),
    "expires-in": one("expires-in"),
    metadata:
      pairs.length === 0
        ? undefined
        : Object.fromEntries(pairs.map(([name, text]) => [name, text.slice(name.length + 1)])),
  });
  const decoded = decodeValue(IssueFlags, written, "/");
  if (!decoded.ok) return `--${decoded.problems.join("; --")}`;
  const holder = decoded.value as Static<typeof IssueFlags>;
  return { ...common, name: "issue", holder, isForFile: values.has("for-file") };
}

function given(values: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined));
}
