import { session } from "./session.ts";

/** An answer that is no success. `status` is 0 if there was none: the gateway is away, or did not answer in time. */
export class ApiError extends Error {
  override readonly name = "ApiError";
  readonly status: number;
  /** What was answered, if it was JSON. */
  readonly body: unknown;

  constructor(status: number, message: string, body?: unknown) {
    super(message);
    this.status = status;
    this.body = body;
  }
}

/** How it is asked; a GET without a body unless told. */
export interface AskOptions {
  readonly method?: "GET" | "POST" | "DELETE";
  /** Sent as JSON. */
  readonly body?: unknown;
  readonly signal?: AbortSignal;
  /** 10 s unless told. */
  readonly timeoutMs?: number;
}

/** Asks the admin port; rejects with an ApiError. The type is what the gateway promises, and is not checked again here. */
export async function ask<T>(path: string, options: AskOptions = {}): Promise<T> {
  const response = await send(path, options);
  const body = await read(response);
  if (!response.ok) throw new ApiError(response.status, messageOf(response, body), body);
  return body as T;
}

/** Asks for a stream of events, which has no deadline once it has begun. */
export async function askStream(path: string, signal: AbortSignal): Promise<ReadableStream<Uint8Array>> {
  const response = await send(path, { signal, timeoutMs: Number.POSITIVE_INFINITY });
  if (!response.ok) throw new ApiError(response.status, messageOf(response, await read(response)));
  if (response.body === null) throw new ApiError(0, "The gateway has sent nothing");
  return response.body;
}

async function send(path: string, { method = "GET", body, signal, timeoutMs = 10_000 }: AskOptions): Promise<Response> {
  const token = session.token();
  const signals = [
    ...(signal === undefined ? [] : [signal]),
    ...(timeoutMs === Number.POSITIVE_INFINITY ? [] : [AbortSignal.timeout(timeoutMs)]),
  ];
  try {
    return await fetch(path, {
      method,
      cache: "no-store",
      headers: {
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
        ...(body === undefined ? {} : { "content-type": "application/json" }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      signal: AbortSignal.any(signals),
    });
  } catch (error) {
    if (signal?.aborted === true) throw error;
    throw new ApiError(0, "The gateway does not answer");
  }
}

async function read(response: Response): Promise<unknown> {
  try {
    return await response.json();
  } catch {
    return undefined;
  }
}

/** The `detail` or `title` of a problem, else the status. */
function messageOf({ status }: Response, body: unknown): string {
  const { detail, title } = (body ?? {}) as { readonly detail?: unknown; readonly title?: unknown };
  if (typeof detail === "string") return detail;
  return typeof title === "string" ? title : `The answer was ${status}`;
}
