/** What an operator has decided about a run of a canary. */
export interface CanaryOrder {
  /** Counted from 1: of two orders the one with the greater number holds. */
  readonly number: number;
  /** Ms since 1970. */
  readonly at: number;
  readonly state: "running" | "paused" | "promoted" | "stopped";
  /** How far the run had come in its steps then, in ms. */
  readonly elapsedMs: number;
}

/** An order, and the run that it is about. */
export interface OrderedRun {
  readonly run: string;
  readonly order: CanaryOrder;
}

/** What all gateways agree on: when it began, whether it was stopped, and what an operator has decided. */
export interface CanaryRecord {
  /** Ms since 1970; so is `stoppedAt`. */
  readonly startedAt: number;
  readonly stoppedAt?: number;
  /** In words. */
  readonly reason?: string;
  /** What was found out before it counts no more. */
  readonly order?: CanaryOrder;
}

/** Why a canary is stopped that nobody has found to be worse. */
const BY_HAND = "stopped by hand";

/** The record of a run from the moment of an order on. */
export function ordered({ startedAt }: CanaryRecord, order: CanaryOrder): CanaryRecord {
  if (order.state !== "stopped") return { startedAt, order };
  return { startedAt, order, stoppedAt: order.at, reason: BY_HAND };
}

/** Whether an order holds over another one; of two that were given at once the later. */
export function isNewer(order: CanaryOrder, other: CanaryOrder | undefined): boolean {
  if (order.number !== (other?.number ?? 0)) return order.number > (other?.number ?? 0);
  if (order.at !== other?.at) return order.at > (other?.at ?? 0);
  return order.state > other.state;
}

/**
 * Of the two records of one run, what holds: it began when the first gateway began, the newer order counts, and the first stop
 * since then.
 */
export function agreed(a: CanaryRecord, b: CanaryRecord): CanaryRecord {
  const startedAt = Math.min(a.startedAt, b.startedAt);
  if (a.order !== undefined && isNewer(a.order, b.order)) return { ...a, startedAt };
  if (b.order !== undefined && isNewer(b.order, a.order)) return { ...b, startedAt };
  const stopped = [a, b]
    .filter((record) => record.stoppedAt !== undefined)
    .sort((x, y) => (x.stoppedAt ?? 0) - (y.stoppedAt ?? 0))[0];
  return { ...(stopped ?? a), startedAt };
}

/** Undefined for what no gateway has written. */
export function readRecord(text: string | undefined): CanaryRecord | undefined {
  const { startedAt, stoppedAt, reason, order } = mapIn(text);
  if (typeof startedAt !== "number") return undefined;
  const given = isOrder(order) ? { order } : {};
  if (typeof stoppedAt !== "number") return { startedAt, ...given };
  return { startedAt, stoppedAt, reason: typeof reason === "string" ? reason : "", ...given };
}

function mapIn(text: string | undefined): Readonly<Record<string, unknown>> {
  if (text === undefined) return {};
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? (value as Readonly<Record<string, unknown>>) : {};
  } catch {
    return {};
  }
}

const STATES: readonly unknown[] = ["running", "paused", "promoted", "stopped"] satisfies CanaryOrder["state"][];

function isOrder(value: unknown): value is CanaryOrder {
  if (typeof value !== "object" || value === null) return false;
  const { number, at, state, elapsedMs } = value as Readonly<Record<string, unknown>>;
  return [number, at, elapsedMs].every(Number.isFinite) && STATES.includes(state);
}
