import { type ClientHttp2Session, connect, type IncomingHttpHeaders, type OutgoingHttpHeaders } from "node:http2";
import { parseRequest, type RawResponse } from "./messages.ts";
import { until } from "./until.ts";

export interface Http2Options {
  /** Speak TLS, and trust this authority; without it the client knows beforehand that the port speaks HTTP/2. */
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
}

/** Opens an HTTP/2 connection to a local port; rejects when it cannot be had. */
export async function connectHttp2(port: number, options: Http2Options = {}): Promise<ClientHttp2Session> {
  const origin = `${options.ca === undefined ? "http" : "https"}://127.0.0.1:${port}`;
  const session = connect(origin, { ...options });
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  session.once("connect", () => resolve());
  session.on("error", reject);
  await promise;
  return session;
}

/** Connects, sends one request, given as HTTP/1.1 writes it, reads its response and closes. */
export async function exchangeHttp2(port: number, text: string, options: Http2Options = {}): Promise<RawResponse> {
  const session = await connectHttp2(port, options);
  try {
    return await exchangeOn(session, text);
  } finally {
    session.close();
  }
}

/** Sends one request on a connection and reads its response; rejects if its stream is reset. */
export function exchangeOn(session: ClientHttp2Session, text: string): Promise<RawResponse> {
  const { fields, body } = fieldsOf(text);
  const stream = session.request(fields, { endStream: body.length === 0 });
  if (body.length > 0) stream.end(body);
  const { promise, resolve, reject } = Promise.withResolvers<RawResponse>();
  const chunks: Buffer[] = [];
  let head: IncomingHttpHeaders | undefined;
  stream.on("response", (headers) => {
    head = headers;
  });
  stream.on("data", (chunk: Buffer) => chunks.push(chunk));
  stream.on("error", reject);
  stream.on("close", () => {
    if (head === undefined) reject(new Error("the stream was closed without a response"));
    else resolve(responseOf(Number(head[":status"]), linesOf(head), Buffer.concat(chunks)));
  });
  return promise;
}

/** The fields of a request as HTTP/2 has them, those of a name together, and its body. */
export function fieldsOf(text: string): { fields: OutgoingHttpHeaders; body: Buffer } {
  const parsed = parseRequest(Buffer.from(text, "latin1"));
  if (parsed === undefined) throw new Error("the request is not complete");
  const { method, target, headers, body } = parsed.request;
  const fields: OutgoingHttpHeaders = { ":method": method, ":path": target };
  for (const [name, value] of headers) {
    const key = name === "host" ? ":authority" : name;
    const before = fields[key];
    if (before === undefined) fields[key] = value;
    else fields[key] = Array.isArray(before) ? [...before, value] : [String(before), value];
  }
  return { fields, body };
}

/** A response that did not come as text, in the form of one that did. */
export function responseOf(status: number, headers: readonly (readonly [string, string])[], body: Buffer): RawResponse {
  const lines = headers.map(([name, value]) => `${name}: ${value}\r\n`).join("");
  return {
    status,
    startLine: `${status}`,
    headers,
    header: (name) => headers.find(([n]) => n === name)?.[1],
    all: (name) => headers.filter(([n]) => n === name).map(([, value]) => value),
    body,
    trailers: [],
    raw: `${status}\r\n${lines}\r\n${body.toString("latin1")}`,
  };
}

/** Resolves when the connection is closed. */
export function sessionClosed(session: ClientHttp2Session): Promise<unknown> {
  return until(() => session.closed || session.destroyed, { what: () => "the HTTP/2 connection is closed" });
}

function linesOf(headers: IncomingHttpHeaders): [string, string][] {
  return Object.entries(headers).flatMap(([name, value]): [string, string][] => {
    if (value === undefined || name.startsWith(":")) return [];
    // Bun's client makes it up where there is none.
    if (name === "content-length" && Number(headers[":status"]) === 204) return [];
    return Array.isArray(value) ? value.map((one) => [name, one]) : [[name, value]];
  });
}
