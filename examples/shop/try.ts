import type { Try } from "./tries.ts";

/** Where the gateway answers. */
export interface Origins {
  readonly public: string;
  readonly admin: string;
  /** For those who need one. */
  readonly token?: string;
}

/** The command line that does it. */
export function curlFor(attempt: Try, origins: Origins): string {
  const words = ["curl", attempt.isEndless ? "-iN" : "-i"];
  if (attempt.method !== undefined && attempt.body === undefined) words.push("-X", attempt.method);
  if (attempt.body !== undefined) {
    words.push("-H", "'content-type: application/json'", "-d", quoted(JSON.stringify(attempt.body)));
  }
  if (attempt.hasToken === true) words.push("-H", '"authorization: Bearer $TOKEN"');
  words.push(quoted(urlOf(attempt, origins)));
  return words.join(" ");
}

/** Does it; the text says what was wrong with the reply, undefined that nothing was. */
export async function run(attempt: Try, origins: Origins): Promise<string | undefined> {
  try {
    const response = await fetch(urlOf(attempt, origins), {
      method: attempt.method ?? "GET",
      signal: AbortSignal.timeout(TIMEOUT_MS),
      redirect: "manual",
      headers: headersOf(attempt, origins),
      ...(attempt.body === undefined ? {} : { body: JSON.stringify(attempt.body) }),
    });
    const text = await read(response, attempt);
    return complaint(attempt, response, text);
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** More than any of them takes. */
const TIMEOUT_MS = 10_000;

function complaint(attempt: Try, response: Response, text: string): string | undefined {
  if (response.status !== attempt.status) return `expected status ${attempt.status}, got ${response.status}: ${text}`;
  for (const [name, expected] of Object.entries(attempt.headers ?? {})) {
    const value = response.headers.get(name);
    if (value === null || !value.startsWith(expected)) return `expected ${name}: ${expected}, got ${value}`;
  }
  if (attempt.has !== undefined && !text.includes(attempt.has)) return `expected ${attempt.has} in: ${text}`;
  return undefined;
}

/** The whole body, or of an endless one as much as it takes to see what is expected. */
async function read(response: Response, attempt: Try): Promise<string> {
  if (!attempt.isEndless || attempt.has === undefined || response.body === null) return await response.text();
  let text = "";
  for await (const piece of response.body.pipeThrough(new TextDecoderStream())) {
    text += piece;
    if (text.includes(attempt.has)) break;
  }
  return text;
}

function urlOf(attempt: Try, origins: Origins): string {
  return (attempt.port === "admin" ? origins.admin : origins.public) + attempt.path;
}

function headersOf({ body, hasToken }: Try, { token }: Origins): Record<string, string> {
  return {
    ...(body === undefined ? {} : { "content-type": "application/json" }),
    ...(hasToken === true ? { authorization: `Bearer ${token}` } : {}),
  };
}

/** As one word of a POSIX shell. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
