import { GatewayError } from "../errors.ts";
import { PendingCheck } from "../identity/pending-check.ts";
import { type FilterReceiver, PendingFilter } from "../message/pending.ts";
import type { KeyGroup } from "../store/key-group.ts";
import type { RecordedSpan } from "./recorded.ts";

/** A filter that has to be waited for, and the span that ends with the wait. */
export class RecordedFilter extends PendingFilter {
  readonly #pending: PendingFilter;
  readonly #span: RecordedSpan;

  constructor(pending: PendingFilter, span: RecordedSpan) {
    super();
    this.#pending = pending;
    this.#span = span;
  }

  deliverTo(receiver: FilterReceiver): void {
    this.#pending.deliverTo(new SpanEnd(this.#span, receiver));
  }
}

/** The same of a check, which a later filter may make along with its own question: it ends with that. */
export class RecordedCheck extends PendingCheck {
  readonly #pending: PendingCheck;
  readonly #span: RecordedSpan;

  constructor(pending: PendingCheck, span: RecordedSpan) {
    super();
    this.#pending = pending;
    this.#span = span;
  }

  get keys(): KeyGroup {
    return this.#pending.keys;
  }

  confirm(): void {
    this.#span.end(performance.now());
    this.#pending.confirm();
  }

  goOnWithout(error: unknown): void {
    try {
      this.#pending.goOnWithout(error);
    } catch (refusal) {
      endFailed(this.#span, refusal);
      throw refusal;
    }
    this.#span.end(performance.now());
  }

  deliverTo(receiver: FilterReceiver): void {
    this.#pending.deliverTo(new SpanEnd(this.#span, receiver));
  }
}

/** Ends the span with the wait, and passes on how that went. */
class SpanEnd implements FilterReceiver {
  readonly #span: RecordedSpan;
  readonly #receiver: FilterReceiver;

  constructor(span: RecordedSpan, receiver: FilterReceiver) {
    this.#span = span;
    this.#receiver = receiver;
  }

  onPass(): void {
    this.#span.end(performance.now());
    this.#receiver.onPass();
  }

  onFailure(error: unknown): void {
    endFailed(this.#span, error);
    this.#receiver.onFailure(error);
  }
}

/** Ends the span of a plugin that has thrown. One that refuses has done what it is there for. */
export function endFailed(span: RecordedSpan, error: unknown): void {
  const { code, source } = GatewayError.from(error);
  if (source === "downstream") span.add({ "sluice.refused": code });
  else span.fail(code);
  span.end(performance.now());
}
