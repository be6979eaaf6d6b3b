import { systemCode } from "../errors.ts";

/** A call to a service that says who somebody is. */
export interface OutgoingCall {
  readonly url: string;
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array<ArrayBuffer>;
  /** Straight to the service, also where the environment names a proxy (HTTP_PROXY). */
  readonly isDirect?: boolean;
  /** Ms for all of it, the body's last byte included. */
  readonly timeoutMs: number;
  /** Bytes of the body that are read at most. */
  readonly maxBytes: number;
  /** Aborted: the call ends, and rejects. */
  readonly signal?: AbortSignal;
}

export interface OutgoingAnswer {
  readonly status: number;
  readonly headers: Headers;
  /** Undefined if it is longer than `maxBytes`. */
  readonly body: Uint8Array | undefined;
}

/** Why there is no answer. Its message has no address and no secret: it may be logged. */
export class OutgoingError extends Error {
  override readonly name = "OutgoingError";
  readonly reason: "timeout" | "unreachable";

  constructor(reason: "timeout" | "unreachable", message: string, options?: ErrorOptions) {
    super(message, options);
    this.reason = reason;
  }
}

/**
 * Calls, without following redirects, and reads the body up to its bound. Connections are kept. The call has to be one
 * that may be repeated: on a connection that was stale it is. Rejects with OutgoingError and nothing else.
 */
export async function callOut(call: OutgoingCall): Promise<OutgoingAnswer> {
  const deadline = AbortSignal.timeout(call.timeoutMs);
  const signal = call.signal === undefined ? deadline : AbortSignal.any([deadline, call.signal]);
  try {
    return await attempt(call, signal).catch((error) => {
      // A kept connection that the other side had closed: fetch itself tries once more, but not with POST.
      if (signal.aborted || call.method !== "POST" || systemCode(error) !== "ECONNRESET") throw error;
      return attempt(call, signal);
    });
  } catch (cause) {
    if (deadline.aborted) throw new OutgoingError("timeout", `no answer within ${call.timeoutMs} ms`);
    throw new OutgoingError("unreachable", `no answer: ${systemCode(cause) ?? "the call failed"}`, { cause });
  }
}

async function attempt(call: OutgoingCall, signal: AbortSignal): Promise<OutgoingAnswer> {
  const { url, method = "GET", headers, body, maxBytes } = call;
  const init = {
    method,
    // Nothing is unpacked: a few bytes could become gigabytes.
    headers: { "accept-encoding": "identity", ...headers },
    decompress: false,
    redirect: "manual" as const,
    signal,
    ...(body === undefined ? {} : { body }),
    ...(call.isDirect === true ? { proxy: false as const } : {}),
  };
  const response = await fetch(url, init);
  return { status: response.status, headers: response.headers, body: await readBounded(response, maxBytes) };
}

async function readBounded({ body }: Response, maxBytes: number): Promise<Uint8Array | undefined> {
  if (body === null) return new Uint8Array(0);
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of body) {
    size += chunk.byteLength;
    // Leaving the loop ends the stream, and the connection with it.
    if (size > maxBytes) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks, size);
}
