import type { Propagation, TelemetryConfig } from "../config/schema-telemetry.ts";
import type { HeaderList } from "../message/headers.ts";
import type { GatewayRequest, Peer } from "../message/request.ts";
import { type B3, B3_HEADERS, parseB3 } from "./b3.ts";
import { parseTraceparent } from "./traceparent.ts";

/** What a request says of its trace: a span that it belongs to, or without one perhaps whether to record. */
export type Told = B3;

/** Reads the headers of traces that requests come with, and takes off those that the gateway writes itself. */
export class IncomingTraces {
  /** The headers that services must not get as they came. */
  readonly #names: readonly string[];
  readonly #b3Names: readonly string[];
  readonly #readers: readonly ((headers: HeaderList) => Told | undefined)[];
  readonly #isBelieved: (peer: Peer) => boolean;
  /** Whether the headers of a trace that is not recorded tell services all that they have to know, and can stay. */
  readonly mayStay: boolean;

  constructor({ propagation, parent }: Pick<TelemetryConfig, "propagation" | "parent">) {
    const hasB3 = propagation.some(isB3);
    const hasW3c = propagation.includes("tracecontext");
    this.#b3Names = hasB3 ? B3_HEADERS : [];
    this.#names = [...(hasW3c ? ["traceparent"] : []), ...this.#b3Names];
    this.#readers = [...new Set(propagation.map((form) => (isB3(form) ? parseB3 : readTraceparent)))];
    this.#isBelieved = BELIEVED[parent];
    this.mayStay = propagation.length === 1 && hasW3c;
  }

  /** Whether there is certainly nothing of a trace: the way of most requests. */
  isBare(headers: HeaderList): boolean {
    const { wire } = headers;
    if (wire === undefined) return !this.#names.some((name) => headers.has(name)) && !headers.has("tracestate");
    if (wire.hasTrace) return false;
    for (const name of this.#b3Names) if (!wire.lacks(name)) return false;
    return true;
  }

  isBelieved({ peer }: GatewayRequest): boolean {
    return this.#isBelieved(peer);
  }

  /** The first form that is valid counts. */
  read(headers: HeaderList): Told | undefined {
    for (const reader of this.#readers) {
      const told = reader(headers);
      if (told !== undefined) return told;
    }
    return undefined;
  }

  /** The same trace goes on, in the gateway's own words. */
  replace(headers: HeaderList): void {
    for (const name of this.#names) headers.delete(name);
  }

  /** Another trace begins: what others have noted in the one that came has no place in it (W3C Trace Context §3.3). */
  restart(headers: HeaderList): void {
    this.replace(headers);
    headers.delete("tracestate");
  }
}

const BELIEVED: Readonly<Record<TelemetryConfig["parent"], (peer: Peer) => boolean>> = {
  trusted: (peer) => peer.isTrustedProxy,
  respect: () => true,
  ignore: () => false,
};

/** More than one line is none (W3C Trace Context §3.2.1): joined, they have no such form. */
function readTraceparent(headers: HeaderList): Told | undefined {
  const value = headers.get("traceparent");
  return value === undefined ? undefined : parseTraceparent(value);
}

function isB3(form: Propagation): boolean {
  return form !== "tracecontext";
}
