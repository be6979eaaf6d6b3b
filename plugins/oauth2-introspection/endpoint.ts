import { callOut, Gate, Remembered, SharedCalls, sha256 } from "../../src/plugin.ts";
import { AnswerError, type Introspected, readAnswer } from "./answer.ts";

/** How to ask, from the options. */
export interface Asking {
  readonly url: string;
  readonly clientId: string;
  readonly clientSecret: string;
  /** Where the client's credentials go (RFC 6749 §2.3.1): the Authorization header, or the body. */
  readonly clientAuth: "basic" | "post";
  readonly timeoutMs: number;
  readonly maxBytes: number;
}

/** An answer, and when it was asked for. */
export interface Known extends Introspected {
  /** Ms since 1970. */
  readonly askedAtMs: number;
  readonly endsAtMs: number;
}

/** Longest time for which an answer is kept at all, in ms. */
export const MAX_CACHE_MS = 3_600_000;
const BOUNDS = { entries: 50_000, bytes: 64 * 1_048_576 };
/** Tokens that are not active are kept apart: whoever makes them up must not push real ones out. */
const INACTIVE_BOUNDS = { entries: 20_000, bytes: 8 * 1_048_576 };
const INACTIVE_BYTES = 250;
/** Questions on their way, and those that wait; more are refused with 503. */
const IN_FLIGHT = 100;
const WAITING = 100;

/** An introspection endpoint, and what it has said: shared by all routes that ask it, through reloads. */
export class Endpoint {
  readonly #now: () => number;
  readonly #active = new Remembered<Known>(BOUNDS);
  readonly #inactive = new Remembered<Known>(INACTIVE_BOUNDS);
  readonly #calls = new SharedCalls<Known>();
  readonly #gate = new Gate(IN_FLIGHT, WAITING);

  constructor(now: () => number) {
    this.#now = now;
  }

  /** What is kept of a token; how long it is believed is the caller's to say. */
  known(token: string, now: number): Known | undefined {
    const key = sha256(token);
    return this.#active.get(key, now) ?? this.#inactive.get(key, now);
  }

  /** Asks; calls for one token that come together are one question. Rejects with OutgoingError, AnswerError or `overloaded`. */
  ask(token: string, asking: Asking): Promise<Known> {
    const key = sha256(token);
    return this.#calls.run(key, () => this.#gate.run(() => this.#ask(key, token, asking)));
  }

  async #ask(key: string, token: string, asking: Asking): Promise<Known> {
    const askedAtMs = this.#now();
    const { status, body } = await callOut(callFor(token, asking));
    if (status !== 200)
      throw new AnswerError(`the endpoint answers ${status}${status === 401 ? ": it does not know the client" : ""}`);
    if (body === undefined) throw new AnswerError(`the answer is longer than ${asking.maxBytes} bytes`);
    const answer = readAnswer(body, this.#now());
    const endsAtMs = Math.min(answer.tokenEndsAtMs ?? Number.POSITIVE_INFINITY, askedAtMs + MAX_CACHE_MS);
    const known: Known = { ...answer, askedAtMs, endsAtMs };
    const isActive = known.principal !== undefined;
    (isActive ? this.#inactive : this.#active).delete(key);
    if (isActive) this.#active.set(key, known, 500 + 4 * body.byteLength);
    else this.#inactive.set(key, known, INACTIVE_BYTES);
    return known;
  }
}

function callFor(token: string, { url, clientId, clientSecret, clientAuth, timeoutMs, maxBytes }: Asking) {
  const form = new URLSearchParams({ token, token_type_hint: "access_token" });
  const headers: Record<string, string> = {
    accept: "application/json",
    "content-type": "application/x-www-form-urlencoded",
  };
  if (clientAuth === "basic") {
    headers.authorization = `Basic ${Buffer.from(`${formEncoded(clientId)}:${formEncoded(clientSecret)}`).toString("base64")}`;
  } else {
    form.set("client_id", clientId);
    form.set("client_secret", clientSecret);
  }
  return { url, method: "POST", headers, body: form.toString(), timeoutMs, maxBytes };
}

/** RFC 6749 §2.3.1: id and secret are encoded as a form's fields before they are joined. */
function formEncoded(text: string): string {
  return new URLSearchParams({ x: text }).toString().slice(2);
}
