import type { Context } from "../context.ts";
import { hyphenated } from "../http1/proxy-fields.ts";
import { MAX_TIMER_MS } from "../timeouts.ts";

/** The header by which a service is told how long its answer is waited for. */
export interface DeadlineHeader {
  /** Takes the header off a request, and from a trusted proxy as the end of the request's time. */
  accept(ctx: Context): void;
  /** The line for an attempt that is sent now, on the clock of `performance.now()`, ended by CRLF. */
  line(ctx: Context, now: number): string;
}

/** A duration in a header's value. */
interface Format {
  /** In ms; undefined for what is no duration. */
  read(value: string): number | undefined;
  write(ms: number): string;
}

/** The unit of `grpc-timeout`, in ms. */
const GRPC_UNITS: Readonly<Record<string, number>> = { H: 3_600_000, M: 60_000, S: 1_000, m: 1, u: 0.001, n: 0.000001 };
/** Its value has 8 digits at most. */
const GRPC_MOST = 99_999_999;

/** gRPC over HTTP/2, "Timeout". */
const grpc: Format = {
  read(value) {
    const [, amount, unit = ""] = /^(\d{1,8})([HMSmun])$/.exec(value) ?? [];
    return amount === undefined ? undefined : Number(amount) * (GRPC_UNITS[unit] as number);
  },
  write: (ms) => (ms > GRPC_MOST ? `${Math.floor(ms / 1_000)}S` : `${ms}m`),
};

const milliseconds: Format = {
  read: (value) => (/^\d{1,15}$/.test(value) ? Number(value) : undefined),
  write: String,
};

/** @param totalMs `timeouts.total` of the service, which no client can make longer */
export function deadlineHeader(header: string, totalMs: number): DeadlineHeader {
  const name = header.toLowerCase();
  const format = name === "grpc-timeout" ? grpc : milliseconds;
  const plain = hyphenated(name);
  const isOwn = (other: string) => hyphenated(other) === plain;
  return {
    accept(ctx) {
      const { headers, peer } = ctx.request;
      const { flat } = headers;
      let isThere = false;
      for (let i = 0; i < flat.length && !isThere; i += 2) isThere = isOwn(flat[i] as string);
      if (!isThere) return;
      const value = peer.isTrustedProxy ? headers.get(name) : undefined;
      headers.deleteWhere(isOwn);
      const ms = value === undefined ? undefined : format.read(value);
      if (ms !== undefined) ctx.deadlineAt = ctx.startedAt + Math.min(ms, MAX_TIMER_MS);
    },
    line(ctx, now) {
      const left = Math.min(ctx.deadlineAt - now, totalMs);
      // One that is sent has a little time, or it would not be.
      return `${name}: ${format.write(Math.max(1, Math.floor(left)))}\r\n`;
    },
  };
}
