import type { Message } from "../../src/alerts/notify/message.ts";
import { freePort } from "./ports.ts";
import { PATIENCE_MS, until } from "./until.ts";

/** What a receiver got. */
export interface Received {
  readonly method: string;
  readonly path: string;
  readonly headers: Headers;
  readonly text: string;
  /** Undefined if it is not JSON. */
  readonly body: unknown;
}

export interface WebhookOptions {
  /** What it answers; 200 unless told. */
  readonly answer?: (received: Received) => Response | Promise<Response>;
  readonly tls?: { readonly cert: string; readonly key: string };
  readonly port?: number;
}

/** A receiver of messages, on a port of its own. */
export interface Webhook extends AsyncDisposable {
  readonly port: number;
  readonly url: string;
  readonly received: readonly Received[];
  /** Replaces what it answers. */
  answer(next: NonNullable<WebhookOptions["answer"]>): void;
  /** Resolves when at least so many have come. */
  waitFor(count: number, timeout?: number): Promise<readonly Received[]>;
  stop(): Promise<void>;
}

export function startWebhook(options: WebhookOptions = {}): Webhook {
  const received: Received[] = [];
  let answer = options.answer ?? (() => new Response("ok"));
  const server = Bun.serve({
    hostname: "127.0.0.1",
    port: options.port ?? freePort(),
    ...(options.tls === undefined ? {} : { tls: options.tls }),
    async fetch(request) {
      const text = await request.text();
      const { method, headers } = request;
      const one = { method, path: new URL(request.url).pathname, headers, text, body: parsed(text) };
      received.push(one);
      return answer(one);
    },
  });
  const stop = () => server.stop(true);
  return {
    port: server.port ?? 0,
    url: `${options.tls === undefined ? "http" : "https"}://localhost:${server.port}/hook/s3cret`,
    received,
    answer: (next) => {
      answer = next;
    },
    waitFor: async (count, timeout = PATIENCE_MS) => {
      const what = () => `${count} messages came; there were ${received.length}`;
      await until(() => received.length >= count, { timeout, what });
      return received;
    },
    stop,
    [Symbol.asyncDispose]: stop,
  };
}

/** The messages of the gateway's own form. */
export function messages({ received }: Pick<Webhook, "received">): readonly Message[] {
  return received.map(({ body }) => body as Message);
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
