import {
  type Awaitable,
  compileJtiKey,
  GatewayError,
  isRevokedIn,
  RevocationCopy,
  type Scope,
  StoreError,
} from "../../src/plugin.ts";
import { addEndpoints } from "./endpoints.ts";
import { KeysInUse } from "./keys-in-use.ts";
import type { BlacklistOptions } from "./options.ts";
import { type Question, RevocationQuestions } from "./questions.ts";
import { SharedValues } from "./shared.ts";
import type { VerifiedToken } from "./verifier.ts";

/** Tells whether a token was revoked. */
export interface Blacklist {
  /** Undefined where the store has to be asked. */
  isRevoked(token: VerifiedToken): boolean | undefined;
  /** Asks the store. */
  ask(question: Question): void;
  /** The answer where the store has failed. Throws GatewayError `store_unavailable` where nothing but the store may answer. */
  withoutStore(token: VerifiedToken, error: unknown): boolean;
  close(): void;
}

/** A store that fails is worth a line so often, in ms. */
const WARN_MS = 10_000;

export async function createBlacklist(options: BlacklistOptions, scope: Scope): Promise<Blacklist> {
  const questions = scope.state("questions", () => new RevocationQuestions(scope.store));
  const withoutStore = failurePolicy(options, scope);
  const ask = (question: Question) => questions.ask(question);
  const form = compileJtiKey(options.key);
  if (options.mode === "push" && form.start === "") {
    throw new Error("blacklist.key: expected text before {jti} with mode: push");
  }
  const jtiKeys = scope.state("jti-keys", () => new KeysInUse());
  const stopUsing = jtiKeys.use(options.key);
  addEndpoints(scope, () => jtiKeys.all());
  if (options.mode === "check") return { isRevoked: () => undefined, ask, withoutStore, close: stopUsing };
  const copies = scope.state("copies", () => new SharedValues<RevocationCopy>());
  const { store, log } = scope;
  const key = JSON.stringify([options.key, options.resync]);
  const { value: copy, release } = await copies.acquire(
    key,
    () => new RevocationCopy({ store, form, resyncMs: options.resync, log }),
  );
  return {
    isRevoked(token) {
      if (!copy.isUsable) return undefined;
      const { query } = token;
      // Nearly always nothing at all is revoked.
      token.wasRevoked = query !== undefined && copy.size > 0 && isRevokedIn(query, copy);
      return token.wasRevoked;
    },
    ask,
    withoutStore,
    close() {
      stopUsing();
      release();
    },
  };
}

/** The answer in any way. Rejects with GatewayError `store_unavailable`. */
export function askBlacklist(blacklist: Blacklist, token: VerifiedToken): Awaitable<boolean> {
  const { query } = token;
  // A token of which nothing can be revoked has nothing to ask.
  if (query === undefined) return false;
  const known = blacklist.isRevoked(token);
  if (known !== undefined) return known;
  const { promise, resolve, reject } = Promise.withResolvers<boolean>();
  const onNoAnswer = (error: unknown) => {
    try {
      resolve(blacklist.withoutStore(token, error));
    } catch (refusal) {
      reject(refusal);
    }
  };
  blacklist.ask({ token, query, onAnswer: resolve, onNoAnswer });
  return promise;
}

function failurePolicy(options: BlacklistOptions, { log, now }: Scope): Blacklist["withoutStore"] {
  let warnedAt = Number.NEGATIVE_INFINITY;
  return (token, error) => {
    if (!(error instanceof StoreError)) throw error;
    const policy = options["store-failure"];
    if (now() - warnedAt >= WARN_MS) {
      warnedAt = now();
      log.warn("the store cannot tell which tokens are revoked", { reason: error.reason, policy });
    }
    if (policy === "allow") return false;
    if (policy === "last-known" && token.wasRevoked !== undefined) return token.wasRevoked;
    throw new GatewayError("store_unavailable", { cause: error });
  };
}
