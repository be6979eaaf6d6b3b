import { readFile } from "node:fs/promises";
import { type Logger, type WatchedFile, watchFile } from "../../src/plugin.ts";
import { costliest, hashFault } from "./hashes.ts";

const MAX_BYTES = 16 * 1_048_576;

/** Who may log in. */
export interface Users {
  /** Hash of the password, by name. */
  readonly hashes: ReadonlyMap<string, string>;
  /** For names that nobody has. */
  readonly decoy: string;
}

/** The users of the options and of a file, as it is now. */
export interface UserSource {
  current: Users;
  close(): void;
}

/** Throws Error, for people, if a hash is none, or there is nobody. */
export function usersOf(hashes: ReadonlyMap<string, string>): Users {
  const decoy = costliest(hashes.values());
  if (decoy === undefined) throw new Error("there are no users: give users, or a users-file");
  return { hashes, decoy };
}

/** Users of the options, checked. Throws Error for the first fault. */
export function inlineUsers(users: Readonly<Record<string, string>>): ReadonlyMap<string, string> {
  for (const [name, hash] of Object.entries(users)) {
    const fault = nameFault(name) ?? hashFault(hash);
    if (fault !== undefined) throw new Error(`users.${name}: ${fault}`);
  }
  return new Map(Object.entries(users));
}

/** The lines of an htpasswd file: NAME:HASH, empty ones and those after # left out. Throws Error with every fault and its line. */
export function parseUsers(text: string, file: string): ReadonlyMap<string, string> {
  const users = new Map<string, string>();
  const faults: string[] = [];
  for (const [i, raw] of text.split("\n").entries()) {
    const line = raw.replace(/\r$/, "");
    if (line.trim() === "" || line.startsWith("#")) continue;
    const colon = line.indexOf(":");
    const [name, hash] = colon < 0 ? [line, ""] : [line.slice(0, colon), line.slice(colon + 1)];
    const fault =
      (colon < 0 ? "expected NAME:HASH" : undefined) ??
      nameFault(name) ??
      (users.has(name) ? "this name is here twice" : hashFault(hash));
    if (fault === undefined) users.set(name, hash);
    else faults.push(`${file}:${i + 1}:${colon < 0 ? 1 : colon + 2} error ${fault}`);
  }
  if (faults.length > 0) throw new Error(faults.join("\n  "));
  return users;
}

/** Reads the file, and again when it changes: if it is not valid then, it is logged and the users stay as they were. */
export async function openUsers(
  inline: ReadonlyMap<string, string>,
  path: string | undefined,
  file: string,
  log: Logger,
): Promise<UserSource> {
  if (path === undefined) return { current: usersOf(inline), close: () => {} };
  const read = async () => usersOf(new Map([...parseUsers(await readText(path), file), ...inline]));
  // Watched before it is read: no change is missed.
  let watched: WatchedFile | undefined;
  const source = { current: NOBODY, close: () => watched?.close() };
  watched = watchFile(path, async () => {
    try {
      source.current = await read();
      log.info("the file of users has changed", { users: source.current.hashes.size });
    } catch (error) {
      log.error("the changed file of users is not valid: the users stay as they were", { error });
    }
  });
  try {
    source.current = await read();
    return source;
  } catch (error) {
    watched.close();
    throw error;
  }
}

const NOBODY: Users = { hashes: new Map(), decoy: "" };

async function readText(path: string): Promise<string> {
  const bytes = await readFile(path);
  if (bytes.byteLength > MAX_BYTES) throw new Error("the file of users is larger than 16mb");
  return bytes.toString("utf8");
}

/** RFC 7617 §2: a colon ends the name; control characters have no place in one. */
function nameFault(name: string): string | undefined {
  if (name === "") return "a name is missing";
  return /[:\p{Cc}]/u.test(name) ? "a name has no colon and no control characters" : undefined;
}
