import { Deadline } from "./deadline.ts";

/** A server has answered, but not with what was asked for. */
export class HttpFault extends Error {
  override readonly name = "HttpFault";
  readonly status: number;

  constructor(url: string, status: number) {
    super(`${new URL(url).host} answered ${status}`);
    this.status = status;
  }
}

export interface HttpQuestion {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Certificates to trust, instead of the system's. */
  readonly ca?: string | undefined;
  /** Until the head of the reply, in ms. */
  readonly headMs: number;
  /** Between two pieces of its body, in ms. */
  readonly idleMs: number;
  readonly signal: AbortSignal;
}

/** A reply with status 200: what its head says, and its body in pieces. */
export interface HttpAnswer {
  readonly headers: Headers;
  readonly chunks: AsyncIterable<Uint8Array>;
}

/**
 * Asks a server. The answer's body has to be read, or left by the loop over it. Redirects are not followed: a token
 * would go with them. Throws HttpFault for every status but 200.
 */
export async function ask(question: HttpQuestion): Promise<HttpAnswer> {
  const { url, headers, ca, headMs, signal } = question;
  const deadline = new Deadline(signal, new URL(url).host);
  deadline.set(headMs);
  try {
    const response = await fetch(url, {
      headers: { accept: "application/json", "accept-encoding": "identity", ...headers },
      redirect: "manual",
      signal: deadline.signal,
      ...(ca === undefined ? {} : { tls: { ca } }),
    });
    if (response.status !== 200) {
      deadline.abort();
      throw new HttpFault(url, response.status);
    }
    return { headers: response.headers, chunks: chunksOf(response, deadline, question.idleMs) };
  } catch (error) {
    deadline.clear();
    throw deadline.reason ?? error;
  }
}

/** The body as JSON; throws if it is longer than that many bytes, or no JSON. */
export async function readJson({ chunks }: HttpAnswer, maxBytes: number): Promise<unknown> {
  const parts: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of chunks) {
    length += chunk.length;
    if (length > maxBytes) throw new Error(`the answer has more than ${maxBytes} bytes`);
    parts.push(chunk);
  }
  return parseJson(Buffer.concat(parts).toString());
}

/** The body line by line, each as JSON; throws if one is longer than that many bytes, or no JSON. */
export async function* jsonLines({ chunks }: HttpAnswer, maxBytes: number): AsyncGenerator<unknown> {
  let rest: Buffer = Buffer.alloc(0);
  for await (const chunk of chunks) {
    rest = rest.length === 0 ? Buffer.from(chunk) : Buffer.concat([rest, chunk]);
    for (let end = rest.indexOf(NEWLINE); end !== -1; end = rest.indexOf(NEWLINE)) {
      const line = rest.subarray(0, end).toString();
      rest = rest.subarray(end + 1);
      if (line.trim() !== "") yield parseJson(line);
    }
    if (rest.length > maxBytes) throw new Error(`a line of the answer has more than ${maxBytes} bytes`);
  }
}

const NEWLINE = 0x0a;

async function* chunksOf(response: Response, deadline: Deadline, idleMs: number): AsyncGenerator<Uint8Array> {
  const reader = response.body?.getReader();
  try {
    while (reader !== undefined) {
      deadline.set(idleMs);
      const { done, value } = await reader.read();
      if (done) return;
      yield value;
    }
  } catch (error) {
    throw deadline.reason ?? error;
  } finally {
    // Whoever leaves the loop early is not interested in the rest.
    deadline.abort();
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new Error("the answer is not JSON");
  }
}
