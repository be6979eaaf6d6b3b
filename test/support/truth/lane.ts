import type { Random } from "../../fuzz/random.ts";
import type { GatewayProcess } from "../gateway.ts";
import type { RawResponse } from "../messages.ts";
import type { RawClient } from "../raw.ts";
import type { World } from "./world.ts";

/** For what comes sooner or later, on a machine that is busy. */
export const WAIT = { timeout: 30_000 };

/** One client after another: mostly it goes on with the connection that it has. */
export class Lane {
  readonly world: World;
  readonly gateway: GatewayProcess;
  readonly random: Random;
  #kept: RawClient | undefined = undefined;

  constructor(world: World, gateway: GatewayProcess, random: Random) {
    this.world = world;
    this.gateway = gateway;
    this.random = random;
  }

  /** A connection without a request under way. */
  async client(): Promise<RawClient> {
    if (this.#kept !== undefined && !this.#kept.isEnded && !this.random.once(10)) return this.#kept;
    this.drop();
    this.#kept = await this.world.connect(this.gateway);
    return this.#kept;
  }

  /** Closes the connection that is kept. */
  drop(): void {
    if (this.#kept?.isClosed === false) this.#kept.close();
    this.#kept = undefined;
  }

  /** Sends a request and takes its final reply. */
  async ask(text: string, method = "GET"): Promise<RawResponse> {
    const client = await this.client();
    void client.send(text);
    return await this.take(client, method);
  }

  /** Takes a reply, interim ones before it too. */
  async take(client: RawClient, method = "GET"): Promise<RawResponse> {
    for (;;) {
      const reply = await client.readResponse({ ...WAIT, method });
      if (reply.status < 200 && reply.status !== 101) continue;
      if (reply.header("connection") === "close") this.drop();
      return reply;
    }
  }
}

/** One way in which an exchange may go. */
export interface Kind {
  readonly name: string;
  run(lane: Lane): Promise<void>;
  /** Where it needs all requests to come to one process. */
  readonly isForOneProcess?: boolean;
}
