import { type Cluster, Command, type Redis } from "ioredis";
import type { Logger } from "../../observe/logger.ts";
import { type TimeoutQueue, timeoutQueue } from "../../timeouts.ts";
import { StoreError } from "../error.ts";
import type { Wait } from "../store.ts";
import { ClusterNodes } from "./cluster-nodes.ts";
import { isMissingScript, isRedirect, toStoreError } from "./failure.ts";
import { RedisHealth } from "./health.ts";
import { type CallOwner, PendingCall } from "./pending.ts";
import { Probe } from "./probe.ts";
import type { ReadyCommand, ScriptInput } from "./ready-command.ts";
import type { Script } from "./script.ts";

export type Argument = string | number | Buffer;

export interface ConnectionOptions {
  readonly client: Redis | Cluster;
  readonly commandTimeoutMs: number;
  now(): number;
  readonly log: Logger;
}

/** Commands that Redis has not answered, those too whose callers have gone; more fail at once. */
const MAX_IN_FLIGHT = 10_000;

/**
 * Sends commands: each has its time, few wait for a Redis that does not answer, none waits for one that is not there.
 * What is sent once is never sent again: a charge that was lost on its way is lost, not doubled.
 */
export class RedisConnection implements CallOwner {
  readonly health: RedisHealth;
  readonly client: Redis | Cluster;
  readonly #timeouts: TimeoutQueue;
  readonly #nodes: ClusterNodes;
  readonly #probe: Probe;
  readonly #pending = new Set<PendingCall>();
  #inFlight = 0;
  #isClosed = false;

  constructor({ client, commandTimeoutMs, now, log }: ConnectionOptions) {
    this.client = client;
    this.health = new RedisHealth(now, log);
    this.#timeouts = timeoutQueue(commandTimeoutMs);
    this.#nodes = new ClusterNodes(client);
    this.#probe = new Probe(this.health, this.#timeouts.ms, () => this.#direct("ping", []));
    client.on("ready", () => void this.#onReady());
    client.on("close", () => {
      if (!this.#isClosed) this.health.connected(false);
    });
    client.on("error", this.note);
    // Of single nodes of a Cluster.
    client.on("node error", this.note);
  }

  /** An error of a connection, that no call is told of. */
  readonly note = (error: unknown): void => {
    const { reason, message } = toStoreError(error);
    this.health.note(reason, message);
  };

  /** Resolves when it is connected for the first time, or after that many ms; then the log says that it is not. */
  opened(timeoutMs: number): Promise<void> {
    if (this.health.isUp) return Promise.resolve();
    return new Promise((resolve) => {
      const end = () => {
        clearTimeout(timer);
        resolve();
      };
      const timer = setTimeout(() => {
        if (!this.#isClosed) this.health.missed();
        end();
      }, timeoutMs);
      this.health.onUp(end);
    });
  }

  get commandTimeoutMs(): number {
    return this.#timeouts.ms;
  }

  get inFlight(): number {
    return this.#inFlight;
  }

  /** Resolves with the reply. Rejects with StoreError. */
  send(command: string, args: readonly Argument[], wait?: Wait): Promise<unknown> {
    return this.#begin(wait, (call) => {
      this.#follow(call, this.client.call(command, ...args), () => this.#direct(command, args));
    });
  }

  /** To this node of a Cluster, whatever the keys. */
  sendTo(node: Redis, command: string, args: readonly Argument[], wait?: Wait): Promise<unknown> {
    return this.#begin(wait, (call) => {
      const sent = () => node.call(command, ...args);
      this.#follow(call, sent(), sent);
    });
  }

  /** A value in bytes. */
  getBytes(key: string, wait?: Wait): Promise<unknown> {
    return this.#begin(wait, (call) => {
      this.#follow(call, this.client.getBuffer(key), () => this.#direct("get", [key], null));
    });
  }

  /** Runs a script on keys that share a place. */
  run({ lua, sha }: Script, keys: readonly string[], args: readonly Argument[], wait?: Wait): Promise<unknown> {
    return this.#begin(wait, (call) => {
      const sent = this.client.call("evalsha", sha, keys.length, ...keys, ...args);
      this.#follow(call, sent, () => this.#direct("eval", [lua, keys.length, ...keys, ...args]));
    });
  }

  /** The same past the driver's own batches, for what is one already, of so many requests; not for a Cluster. */
  runBatch({ lua, sha }: Script, input: ScriptInput, requests: number): Promise<unknown> {
    const start = (call: PendingCall) => {
      const sent = this.#write(input.command("evalsha", sha));
      this.#follow(call, sent, () => this.#write(input.command("eval", lua)));
    };
    return this.#begin(undefined, start, requests);
  }

  /** A single command in the same way. */
  sendReady(command: ReadyCommand, wait?: Wait): Promise<unknown> {
    return this.#begin(wait, (call) => {
      const sent = this.#write(command);
      this.#follow(call, sent, () => sent);
    });
  }

  close(): void {
    this.#isClosed = true;
    this.#probe.close();
    this.client.disconnect();
    for (const call of this.#pending) call.fail(closed());
  }

  onAnswer(ms: number): void {
    this.health.answer(ms);
  }

  onFailure(error: StoreError, requests: number): void {
    this.health.failed(error, requests);
    if (error.reason === "timeout" && !this.client.isCluster && this.health.timedOut(requests)) this.#probe.start();
    if (error.reason === "timeout" || error.reason === "unavailable") this.#refresh();
  }

  #begin(wait: Wait | undefined, start: (call: PendingCall) => void, requests = 1): Promise<unknown> {
    this.health.calls += requests;
    const refusal = this.#refusal(wait);
    if (refusal !== undefined) {
      this.health.count(refusal.reason, requests);
      return Promise.reject(refusal);
    }
    const call = new PendingCall(this, this.#timeouts, wait, requests);
    this.#pending.add(call);
    this.#inFlight++;
    try {
      start(call);
    } catch (error) {
      // The driver throws for a slot of a Cluster that no node has.
      this.#fail(call, error);
    }
    return call.promise;
  }

  #refusal(wait: Wait | undefined): StoreError | undefined {
    if (this.#isClosed) return closed();
    if (wait?.signal?.aborted === true) return new StoreError("aborted", "the caller has stopped waiting");
    if (this.health.isSuspended) return new StoreError("unavailable", "Redis has not answered for some time");
    if (this.client.status !== "ready") return new StoreError("unavailable", "Redis is not connected");
    if (this.#inFlight < MAX_IN_FLIGHT) return undefined;
    return new StoreError("overloaded", "too many commands are on their way to Redis");
  }

  #follow(call: PendingCall, sent: Promise<unknown>, sendAgain: () => Promise<unknown>): void {
    sent.then(
      (value) => this.#end(call, value),
      (error: unknown) => {
        const isRefused = isMissingScript(error) || (this.client.isCluster && isRedirect(error));
        // Redis has done nothing of it, so it may be sent again: with the script, or to the node that was named.
        if (!isRefused || call.isSettled) return this.#fail(call, error);
        if (isRedirect(error)) this.#refresh();
        sendAgain().then(
          (value) => this.#end(call, value),
          (again: unknown) => this.#fail(call, again),
        );
      },
    );
  }

  #end(call: PendingCall, value: unknown): void {
    this.#inFlight--;
    this.#pending.delete(call);
    call.answer(value);
  }

  #fail(call: PendingCall, error: unknown): void {
    this.#inFlight--;
    this.#pending.delete(call);
    call.fail(toStoreError(error));
  }

  /** Past the batch: a Cluster follows the redirects of single commands alone. */
  async #direct(command: string, args: readonly Argument[], replyEncoding: "utf8" | null = "utf8"): Promise<unknown> {
    return this.client.sendCommand(new Command(command, [...args], { replyEncoding }));
  }

  async #write(command: ReadyCommand): Promise<unknown> {
    return this.client.sendCommand(command);
  }

  async #onReady(): Promise<void> {
    await this.#nodes.connect();
    if (this.client.status === "ready") this.health.connected(true);
  }

  #refresh(): void {
    if (!this.#isClosed) this.#nodes.refresh();
  }
}

function closed(): StoreError {
  return new StoreError("closed", "the store is closed");
}
