import { Command } from "ioredis";
import type { KeyGroup } from "../key-group.ts";

/**
 * A command that is written as it goes over the wire (RESP2) while its parts are gathered. The driver would take each
 * argument through several lists, and prepare a trace of them that nobody reads: that costs more than to send it.
 */
export class ReadyCommand extends Command {
  readonly #text: string;

  /** @param text the whole command, its name included, each part by `bulk` */
  constructor(name: string, text: string) {
    super(name, [], { replyEncoding: "utf8" });
    this.#text = text;
    // Bun does not tell the driver that nobody listens to its traces.
    this.isTraced = true;
  }

  override toWritable(): string {
    return this.#text;
  }
}

/** A part of a command on the wire; its length is in bytes of UTF-8. */
export function bulk(text: string): string {
  return `$${Buffer.byteLength(text)}\r\n${text}\r\n`;
}

/** Asks how many of the keys of all groups there are. */
export function existsCommand(groups: readonly KeyGroup[]): ReadyCommand {
  let keys = "";
  let count = 0;
  for (const group of groups) {
    keys += wireOf(group);
    count += group.keys.length;
  }
  return new ReadyCommand("exists", `*${count + 1}\r\n${bulk("exists")}${keys}`);
}

function wireOf(group: KeyGroup): string {
  group.wire ??= group.keys.map(bulk).join("");
  return group.wire;
}

/** Keys and arguments of a script, gathered as they go over the wire. */
export class ScriptInput {
  #keys = "";
  #args = "";
  #keyCount = 0;
  #argCount = 0;
  #places = "";
  #others = "";
  #otherCount = 0;

  /** Keys so far. */
  get keyCount(): number {
    return this.#keyCount;
  }

  /** A key and two arguments, made by `bulk`. */
  addCharge(key: string, args: string): void {
    this.#keys += key;
    this.#args += args;
    this.#keyCount++;
    this.#argCount += 2;
  }

  /** Keys to look at before the next charge is made, beside those of charges. */
  addOthers(group: KeyGroup): void {
    this.#places += `${this.#keyCount + 1} ${group.keys.length} `;
    this.#others += wireOf(group);
    this.#otherCount += group.keys.length;
  }

  /** EVAL with the script's text, or EVALSHA with its digest. */
  command(name: "eval" | "evalsha", script: string): ReadyCommand {
    const others = this.#otherCount === 0 ? "" : bulk(this.#places) + this.#others;
    const parts = 3 + this.#keyCount + this.#argCount + (others === "" ? 0 : 1 + this.#otherCount);
    const head = `*${parts}\r\n${bulk(name)}${bulk(script)}${bulk(String(this.#keyCount))}`;
    return new ReadyCommand(name, head + this.#keys + this.#args + others);
  }
}
