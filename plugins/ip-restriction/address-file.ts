import { readFile, stat } from "node:fs/promises";
import { CidrSet, type Logger, MAX_TIMER_MS, type Scope } from "../../src/plugin.ts";

/** Bounds on a file: what is looked through for each request, and what is read at once. */
const MOST_ENTRIES = 10_000;
const MOST_BYTES = 1_048_576;

/** A file of addresses and CIDRs, looked at again and again; instances that name it share it. */
export class AddressFile {
  readonly #path: string;
  readonly #log: Logger;
  readonly #timer: ReturnType<typeof setInterval>;
  readonly #forget: () => void;
  #addresses = new CidrSet([]);
  #version = "";
  #users = 0;
  #isReading = false;
  /** Said once, however often it is still so. */
  #problem = "";

  /** @param refresh ms between two looks */
  constructor(path: string, refresh: number, log: Logger, forget: () => void) {
    this.#path = path;
    this.#log = log;
    this.#forget = forget;
    this.#timer = setInterval(() => this.#refresh(), Math.min(refresh, MAX_TIMER_MS));
    this.#timer.unref();
  }

  /** As they were when the file could last be read. */
  get addresses(): CidrSet {
    return this.#addresses;
  }

  /** Reads it for one more user. Throws Error in words if it cannot be used as it is now. */
  async acquire(): Promise<void> {
    this.#users++;
    try {
      await this.#read();
    } catch (error) {
      this.release();
      throw error;
    }
  }

  release(): void {
    if (--this.#users > 0) return;
    clearInterval(this.#timer);
    this.#forget();
  }

  /** The last user may go while it is read. */
  get #isUsed(): boolean {
    return this.#users > 0;
  }

  async #refresh(): Promise<void> {
    // A file system that hangs gets no second question, and before the first user has read it there is nothing to compare with.
    if (this.#isReading || this.#version === "") return;
    this.#isReading = true;
    try {
      const isChange = await this.#read();
      if (isChange && this.#isUsed) this.#log.info("a list of addresses has changed", { file: this.#path });
      this.#problem = "";
    } catch (error) {
      const problem = error instanceof Error ? error.message : String(error);
      if (problem !== this.#problem && this.#isUsed) {
        this.#log.error("a list of addresses cannot be used, the last one stays", { file: this.#path, error });
      }
      this.#problem = problem;
    } finally {
      this.#isReading = false;
    }
  }

  /** Answers whether it is another one than before. */
  async #read(): Promise<boolean> {
    const { mtimeMs, size, ino } = await stat(this.#path);
    const version = `${mtimeMs} ${size} ${ino}`;
    if (version === this.#version) return false;
    if (size > MOST_BYTES) throw new Error(`it has ${size} bytes, more than ${MOST_BYTES}`);
    this.#addresses = parseAddresses(await readFile(this.#path, "utf8"));
    this.#version = version;
    return true;
  }
}

/** The file of that path, of which there is one for all instances of the plugin. Throws Error in words. */
export async function openAddressFile(path: string, refresh: number, scope: Scope): Promise<AddressFile> {
  const files = scope.state("address files", () => new Map<string, AddressFile>());
  const key = JSON.stringify([path, refresh]);
  const file = files.get(key) ?? new AddressFile(path, refresh, scope.log, () => files.delete(key));
  files.set(key, file);
  await file.acquire();
  return file;
}

/** One address or CIDR a line; what follows a `#` is a comment. Throws Error that names the first line that is none. */
function parseAddresses(text: string): CidrSet {
  const lines = text.split("\n").map((line) => line.replace(COMMENT, "").trim());
  const entries = lines.filter((line) => line !== "");
  if (entries.length > MOST_ENTRIES) throw new Error(`it has ${entries.length} entries, more than ${MOST_ENTRIES}`);
  const wrong = lines.findIndex((line) => line !== "" && !isAddress(line));
  if (wrong < 0) return new CidrSet(entries);
  const found = JSON.stringify(lines[wrong]?.slice(0, 60));
  throw new Error(`line ${wrong + 1}: expected an address or a CIDR, found ${found}`);
}

const COMMENT = /#.*/;

function isAddress(text: string): boolean {
  try {
    new CidrSet([text]);
    return true;
  } catch {
    return false;
  }
}
