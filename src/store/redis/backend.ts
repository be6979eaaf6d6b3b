import type { Backend } from "../backend.ts";
import { allKeys, foundIn } from "../found.ts";
import { slotTag } from "../key.ts";
import type { KeyGroup } from "../key-group.ts";
import type { Charge, Taken } from "../limit.ts";
import type { OwnCharge, OwnTakeRequest } from "../own-charge.ts";
import type { StoreReport } from "../report.ts";
import type { Subscriber, Wait, Write } from "../store.ts";
import type { Argument, RedisConnection } from "./connection.ts";
import { GIVE_BACK, TAKE } from "./limit-scripts.ts";
import { existsCommand } from "./ready-command.ts";
import { scanKeys } from "./scan.ts";
import {
  EXTEND_LOCK,
  INCREMENT,
  LEASE,
  LEASED,
  LOCK,
  RELEASE_LEASE,
  RENEW_LEASE,
  TRANSACT,
  UNLOCK,
} from "./scripts.ts";
import type { RedisSubscriber } from "./subscriber.ts";
import { costText, TakeBatch } from "./take-batch.ts";
import { takenOf } from "./taken.ts";

const NOTHING: ReadonlyMap<number, string> = new Map();

/** The store in Redis: one command or one script a call. */
export class RedisBackend implements Backend {
  readonly #connection: RedisConnection;
  readonly #batch: TakeBatch;
  readonly #subscriber: RedisSubscriber;
  readonly #mode: "single" | "cluster" | "sentinel";
  readonly ask?: (request: OwnTakeRequest) => void;

  constructor(connection: RedisConnection, subscriber: RedisSubscriber, mode: "single" | "cluster" | "sentinel") {
    this.#connection = connection;
    this.#batch = new TakeBatch(connection);
    this.#subscriber = subscriber;
    this.#mode = mode;
    if (mode !== "cluster") this.ask = (request) => this.#batch.ask(request);
  }

  /** Resolves when Redis is there, or after that many ms. */
  opened(timeoutMs: number): Promise<void> {
    return this.#connection.opened(timeoutMs);
  }

  async get(key: string, wait?: Wait): Promise<string | undefined> {
    return textOf(await this.#connection.send("get", [key], wait));
  }

  async getBytes(key: string, wait?: Wait): Promise<Uint8Array | undefined> {
    const reply = await this.#connection.getBytes(key, wait);
    return reply instanceof Uint8Array ? reply : undefined;
  }

  async getMany(keys: readonly string[], wait?: Wait): Promise<readonly (string | undefined)[]> {
    // One command needs keys that share a place; several leave together and come back together.
    if (this.#mode === "cluster") return Promise.all(keys.map((key) => this.get(key, wait)));
    const reply = await this.#connection.send("mget", keys, wait);
    return Array.isArray(reply) ? reply.map(textOf) : [];
  }

  async getFew(groups: readonly KeyGroup[], wait?: Wait): Promise<ReadonlyMap<number, string>> {
    if (this.#mode === "cluster") return foundIn(await this.getMany(allKeys(groups), wait));
    const startedAt = performance.now();
    const count = await this.#connection.sendReady(existsCommand(groups), wait);
    if (count === 0) return NOTHING;
    // The two together have the time of one.
    const { commandTimeoutMs } = this.#connection;
    const leftMs = (wait?.timeoutMs ?? commandTimeoutMs) - (performance.now() - startedAt);
    return foundIn(await this.getMany(allKeys(groups), { ...wait, timeoutMs: Math.max(leftMs, 1) }));
  }

  async exists(key: string, wait?: Wait): Promise<boolean> {
    return (await this.#connection.send("exists", [key], wait)) === 1;
  }

  async set(key: string, value: string | Uint8Array, ttlMs: number, ifAbsent: boolean, wait?: Wait): Promise<boolean> {
    const args: Argument[] = [key, typeof value === "string" ? value : Buffer.from(value)];
    if (ttlMs > 0) args.push("PX", ttlMs);
    if (ifAbsent) args.push("NX");
    return (await this.#connection.send("set", args, wait)) === "OK";
  }

  async delete(key: string, wait?: Wait): Promise<boolean> {
    return (await this.#connection.send("del", [key], wait)) === 1;
  }

  async increment(key: string, by: number, ttlMs: number, wait?: Wait): Promise<number> {
    return Number(await this.#connection.run(INCREMENT, [key], [by, ttlMs], wait));
  }

  async transact(writes: readonly Write[], wait?: Wait): Promise<void> {
    const args = writes.flatMap((write): Argument[] => {
      if (write.op === "delete") return ["delete", "", 0];
      return [write.op, write.op === "set" ? write.value : write.by, write.ttlMs ?? 0];
    });
    const keys = writes.map(({ key }) => key);
    await this.#connection.run(TRANSACT, keys, args, wait);
  }

  take(charges: readonly OwnCharge[], wait?: Wait): Promise<readonly Taken[]> {
    if (this.#mode === "cluster" && charges.length > 1) return this.#takeByPlace(charges, wait);
    if (this.#mode !== "cluster" && wait === undefined) return this.#batch.take(charges);
    return this.#takeTogether(charges, wait);
  }

  async giveBack(charges: readonly Charge[], wait?: Wait): Promise<void> {
    const groups = this.#mode === "cluster" ? byPlace(charges) : [charges];
    await Promise.all(groups.map((group) => this.#connection.run(GIVE_BACK, ...scriptInput(group), wait)));
  }

  async lock(key: string, token: string, ttlMs: number, fenceMs: number, wait?: Wait): Promise<number> {
    return Number(await this.#connection.run(LOCK, [key, `${key}:fence`], [token, ttlMs, fenceMs], wait));
  }

  async extendLock(key: string, token: string, ttlMs: number, wait?: Wait): Promise<boolean> {
    return (await this.#connection.run(EXTEND_LOCK, [key], [token, ttlMs], wait)) === 1;
  }

  async unlock(key: string, token: string, wait?: Wait): Promise<boolean> {
    return (await this.#connection.run(UNLOCK, [key], [token], wait)) === 1;
  }

  async lease(key: string, token: string, limit: number, leaseMs: number, wait?: Wait): Promise<number> {
    return Number(await this.#connection.run(LEASE, [key], [token, limit, leaseMs], wait));
  }

  async renewLease(key: string, token: string, leaseMs: number, wait?: Wait): Promise<boolean> {
    return (await this.#connection.run(RENEW_LEASE, [key], [token, leaseMs], wait)) === 1;
  }

  async releaseLease(key: string, token: string, wait?: Wait): Promise<boolean> {
    return (await this.#connection.run(RELEASE_LEASE, [key], [token], wait)) === 1;
  }

  async leased(key: string, wait?: Wait): Promise<number> {
    return Number(await this.#connection.run(LEASED, [key], [], wait));
  }

  keys(start: string, most: number, wait?: Wait): Promise<readonly string[]> {
    return scanKeys(this.#connection, start, most, wait);
  }

  async publish(channel: string, message: string, wait?: Wait): Promise<void> {
    await this.#connection.send("publish", [channel, message], wait);
  }

  subscribe(channel: string, subscriber: Subscriber): () => void {
    return this.#subscriber.subscribe(channel, subscriber);
  }

  report(): StoreReport {
    const { health, inFlight } = this.#connection;
    const { lastError, latency } = health;
    return {
      kind: "redis",
      mode: this.#mode,
      state: health.isUp ? "up" : "down",
      since: health.since,
      ...(lastError === undefined ? {} : { lastError }),
      calls: health.calls,
      failures: { ...health.failures },
      inFlight,
      latency,
    };
  }

  async close(): Promise<void> {
    this.#subscriber.close();
    this.#connection.close();
  }

  async #takeTogether(charges: readonly Charge[], wait: Wait | undefined): Promise<readonly Taken[]> {
    const [keys, args] = scriptInput(charges);
    return takenOf(await this.#connection.run(TAKE, keys, args, wait), charges);
  }

  /** One place after the other; what was taken is given back when a later one refuses or fails. */
  async #takeByPlace(charges: readonly Charge[], wait: Wait | undefined): Promise<readonly Taken[]> {
    const groups = byPlace(charges);
    const answers = new Map<Charge, Taken>();
    const charged: Charge[] = [];
    let isRefused = false;
    try {
      for (const group of groups) {
        const taken = await this.#takeTogether(group, wait);
        for (const [i, charge] of group.entries()) {
          const one = taken[i];
          if (one !== undefined) answers.set(charge, one);
        }
        const isGroupRefused = taken.some(({ allowed }) => !allowed);
        isRefused ||= isGroupRefused;
        if (!isGroupRefused) charged.push(...group);
      }
    } catch (error) {
      await this.#giveBackQuietly(charged);
      throw error;
    }
    if (isRefused && charged.length > 0) {
      await this.#giveBackQuietly(charged);
      for (const charge of charged) restore(answers, charge);
    }
    return charges.flatMap((charge) => answers.get(charge) ?? []);
  }

  /** What cannot be given back wears off by itself. */
  async #giveBackQuietly(charges: readonly Charge[]): Promise<void> {
    if (charges.length > 0) await this.giveBack(charges).catch(() => {});
  }
}

function restore(answers: Map<Charge, Taken>, charge: Charge): void {
  const taken = answers.get(charge);
  if (taken === undefined) return;
  answers.set(charge, { ...taken, remaining: Math.min(taken.remaining + (charge.cost ?? 1), taken.limit) });
}

function byPlace(charges: readonly Charge[]): readonly (readonly Charge[])[] {
  return [...Map.groupBy(charges, ({ key }) => slotTag(key)).values()];
}

function scriptInput(charges: readonly Charge[]): [keys: string[], args: Argument[]] {
  const keys: string[] = [];
  const args: Argument[] = [];
  for (const [i, charge] of charges.entries()) {
    keys.push(charge.key);
    args.push(charge.policy.text, costText(charge, i === 0));
  }
  return [keys, args];
}

function textOf(reply: unknown): string | undefined {
  return typeof reply === "string" ? reply : undefined;
}
