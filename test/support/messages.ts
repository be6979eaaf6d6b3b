/** A request or response as it was read from a raw connection: nothing is checked or normalised. */
export interface RawMessage {
  /** The first line, without its end. */
  readonly startLine: string;
  /** Names in lower case, in order, duplicates kept. */
  readonly headers: readonly (readonly [name: string, value: string])[];
  /** The value of the first line of that name. */
  header(name: string): string | undefined;
  /** The values of all lines of that name. */
  all(name: string): string[];
  /** The content, chunks joined. */
  readonly body: Buffer;
  readonly trailers: readonly (readonly [name: string, value: string])[];
  /** All of it as it came, in latin1. */
  readonly raw: string;
}

export interface RawRequest extends RawMessage {
  readonly method: string;
  readonly target: string;
}

export interface RawResponse extends RawMessage {
  readonly status: number;
}

/** How a message without a length ends: a request has no content then, a response goes on to the connection's end. */
type Unframed = "nothing" | "until-end";

interface Parsed {
  readonly message: RawMessage;
  /** Bytes it took. */
  readonly end: number;
}

/** The request at the start of the bytes; undefined while it is not complete. Lenient: it takes what it can read. */
export function parseRequest(bytes: Buffer): { request: RawRequest; end: number } | undefined {
  const parsed = parseMessage(bytes, "nothing", false);
  if (parsed === undefined) return undefined;
  const [method = "", target = ""] = parsed.message.startLine.split(" ");
  return { request: { ...parsed.message, method, target }, end: parsed.end };
}

/** The head of a request alone, its body empty. */
export function parseRequestHead(bytes: Buffer): { request: RawRequest; end: number } | undefined {
  const head = parseHead(bytes);
  if (head === undefined) return undefined;
  const message = messageOf(head, Buffer.alloc(0), [], bytes.toString("latin1", 0, head.end));
  const [method = "", target = ""] = head.startLine.split(" ");
  return { request: { ...message, method, target }, end: head.end };
}

export interface ResponseOptions {
  /** Of the request that it answers: HEAD has no content. */
  readonly method?: string;
  /** The connection has ended, which completes a response without a length. */
  readonly isEnded?: boolean;
}

/** The response at the start of the bytes; undefined while it is not complete. A 1xx is a response of its own. */
export function parseResponse(
  bytes: Buffer,
  { method = "GET", isEnded = false }: ResponseOptions = {},
): { response: RawResponse; end: number } | undefined {
  const head = parseHead(bytes);
  if (head === undefined) return undefined;
  const status = Number(head.startLine.split(" ")[1]);
  const hasNoContent = method === "HEAD" || status < 200 || status === 204 || status === 304;
  const parsed = hasNoContent
    ? { message: messageOf(head, Buffer.alloc(0), [], bytes.toString("latin1", 0, head.end)), end: head.end }
    : parseMessage(bytes, "until-end", isEnded);
  return parsed === undefined ? undefined : { response: { ...parsed.message, status }, end: parsed.end };
}

interface Head {
  readonly startLine: string;
  readonly headers: [string, string][];
  readonly end: number;
}

function parseHead(bytes: Buffer): Head | undefined {
  const blank = bytes.indexOf("\r\n\r\n");
  if (blank < 0) return undefined;
  const [startLine = "", ...lines] = bytes.toString("latin1", 0, blank).split("\r\n");
  return { startLine, headers: lines.map(parseLine), end: blank + 4 };
}

function parseLine(line: string): [string, string] {
  const colon = line.indexOf(":");
  return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
}

function parseMessage(bytes: Buffer, unframed: Unframed, isEnded: boolean): Parsed | undefined {
  const head = parseHead(bytes);
  if (head === undefined) return undefined;
  const value = (name: string) => head.headers.find(([n]) => n === name)?.[1];
  if (value("transfer-encoding")?.toLowerCase().endsWith("chunked")) return chunkedMessage(bytes, head);
  const length = value("content-length");
  if (length === undefined && unframed === "until-end" && !isEnded) return undefined;
  const rest = unframed === "until-end" ? bytes.byteLength : head.end;
  const end = length === undefined ? rest : head.end + Number(length);
  if (bytes.byteLength < end) return undefined;
  return { message: messageOf(head, bytes.subarray(head.end, end), [], bytes.toString("latin1", 0, end)), end };
}

function chunkedMessage(bytes: Buffer, head: Head): Parsed | undefined {
  const chunks: Buffer[] = [];
  for (let at = head.end; ; ) {
    const lineEnd = bytes.indexOf("\r\n", at);
    if (lineEnd < 0) return undefined;
    const size = Number.parseInt(bytes.toString("latin1", at, lineEnd), 16);
    if (!(size > 0)) return lastChunk(bytes, head, chunks, lineEnd);
    const end = lineEnd + 2 + size;
    if (bytes.byteLength < end + 2) return undefined;
    chunks.push(bytes.subarray(lineEnd + 2, end));
    at = end + 2;
  }
}

function lastChunk(bytes: Buffer, head: Head, chunks: Buffer[], lineEnd: number): Parsed | undefined {
  const blank = bytes.indexOf("\r\n\r\n", lineEnd);
  if (blank < 0) return undefined;
  const lines = bytes.toString("latin1", lineEnd + 2, Math.max(blank, lineEnd + 2));
  const trailers = lines === "" ? [] : lines.split("\r\n").map(parseLine);
  const end = blank + 4;
  return { message: messageOf(head, Buffer.concat(chunks), trailers, bytes.toString("latin1", 0, end)), end };
}

function messageOf(head: Head, body: Buffer, trailers: [string, string][], raw: string): RawMessage {
  return {
    startLine: head.startLine,
    headers: head.headers,
    header: (name) => head.headers.find(([n]) => n === name)?.[1],
    all: (name) => head.headers.filter(([n]) => n === name).map(([, value]) => value),
    body: Buffer.from(body),
    trailers,
    raw,
  };
}
