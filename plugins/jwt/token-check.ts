import {
  type Context,
  type FilterReceiver,
  type KeyGroup,
  PendingCheck,
  type RevocationQuery,
} from "../../src/plugin.ts";
import type { Question } from "./questions.ts";
import type { VerifiedToken } from "./verifier.ts";

/** What an instance does about a token that it has let in but for the store. */
export interface CheckRules {
  ask(question: Question): void;
  /** The answer where the store has failed. Throws GatewayError where nothing but the store may answer. */
  withoutStore(token: VerifiedToken, error: unknown): boolean;
  /** Throws GatewayError if it is revoked, else counts it as accepted. */
  admit(isRevoked: boolean): void;
  /** The request is not the principal's after all. Answers the error, counted. */
  refuse(ctx: Context, error: unknown): unknown;
}

/** Whether a verified token was revoked, still to be asked of the store. */
export class TokenCheck extends PendingCheck implements Question {
  readonly token: VerifiedToken;
  readonly query: RevocationQuery;
  readonly #rules: CheckRules;
  readonly #ctx: Context;
  #receiver: FilterReceiver | undefined = undefined;

  constructor(rules: CheckRules, ctx: Context, token: VerifiedToken, query: RevocationQuery) {
    super();
    this.#rules = rules;
    this.#ctx = ctx;
    this.token = token;
    this.query = query;
  }

  get keys(): KeyGroup {
    return this.query.group;
  }

  deliverTo(receiver: FilterReceiver): void {
    this.#receiver = receiver;
    this.#rules.ask(this);
  }

  confirm(): void {
    this.token.wasRevoked = false;
    this.#rules.admit(false);
  }

  goOnWithout(error: unknown): void {
    try {
      this.#rules.admit(this.#rules.withoutStore(this.token, error));
    } catch (refusal) {
      throw this.#rules.refuse(this.#ctx, refusal);
    }
  }

  onAnswer(isRevoked: boolean): void {
    try {
      this.#rules.admit(isRevoked);
    } catch (refusal) {
      this.#receiver?.onFailure(this.#rules.refuse(this.#ctx, refusal));
      return;
    }
    this.#receiver?.onPass();
  }

  onNoAnswer(error: unknown): void {
    try {
      this.goOnWithout(error);
    } catch (refusal) {
      this.#receiver?.onFailure(refusal);
      return;
    }
    this.#receiver?.onPass();
  }
}
