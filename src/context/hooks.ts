import type { Context } from "../context.ts";
import type { GatewayError } from "../errors.ts";
import type { HeaderList } from "../message/headers.ts";
import type { Reply } from "../message/reply.ts";
import type { Outcome } from "./outcome.ts";

/** The route's way through the phases, as far as a request needs it after it has set out. */
export interface RequestPipeline {
  fail(ctx: Context, error: unknown): Reply | Promise<Reply>;
  finish(ctx: Context, outcome: Outcome): void;
}

/** What a request reads once, as it sets out. */
export interface RequestGeneration {
  leave(): void;
}

/** Something that is under way for a request, and stops when its client is gone. */
export interface Cancellable {
  cancel(reason: GatewayError): void;
}

/** A target as the record of a request knows it. */
export interface SelectedTarget {
  readonly url: string;
}

/** The client's side of a request, as far as others than the edge need it. */
export interface Downstream {
  /** Sends an interim response, 102 to 199, ahead of the reply (RFC 9110 §15.2); where the protocol has none, nothing. */
  inform(status: number, reason: string, headers: HeaderList): void;
}
