import type { Context } from "../../src/plugin.ts";

/** Asks for a decision about a request, in headers: method, host and path of the client's request, and those that were chosen. */
export function questionHeaders(ctx: Context, chosen: readonly string[]): Record<string, string> {
  const { request } = ctx;
  const headers: Record<string, string> = {
    "x-forwarded-method": request.method,
    "x-forwarded-proto": request.scheme,
    "x-forwarded-host": request.host,
    "x-forwarded-uri": request.query === undefined ? request.path : `${request.path}?${request.query}`,
    "x-forwarded-for": request.peer.clientAddress,
    "x-request-id": ctx.requestId,
  };
  for (const name of chosen) {
    const value = fieldOf(ctx, name);
    if (value !== undefined) headers[name] = value;
  }
  return headers;
}

/** Several lines as one (RFC 9110 §5.3); those of cookies with their own separator (RFC 9113 §8.2.3). */
function fieldOf({ request }: Context, name: string): string | undefined {
  return name === "cookie" && request.headers.has(name)
    ? request.headers.getAll(name).join("; ")
    : request.headers.get(name);
}

/** A part of a request that decisions may depend on. */
export type KeyPart = (ctx: Context) => string;

const PARTS: Readonly<Record<string, KeyPart>> = {
  ":method": ({ request }) => request.method,
  ":host": ({ request }) => `${request.scheme}://${request.host}`,
  ":path": ({ request }) => request.path,
  ":query": ({ request }) => (request.query === undefined ? "" : `?${request.query}`),
  ":client": ({ request }) => request.peer.clientAddress,
};

/** All that the deciding service is told, but for the request's id: by this, every decision is remembered rightly. */
export function allParts(chosen: readonly string[]): readonly string[] {
  return [...Object.keys(PARTS), ...chosen];
}

/** Throws Error for a part that there is not. */
export function keyPart(written: string): KeyPart {
  if (!written.startsWith(":")) {
    const name = written.toLowerCase();
    // Different from each other: no header, an empty one.
    return (ctx) => {
      const value = fieldOf(ctx, name);
      return value === undefined ? "" : `=${value}`;
    };
  }
  const part = Object.hasOwn(PARTS, written) ? PARTS[written] : undefined;
  if (part === undefined) {
    throw new Error(
      `cache.by: there is no ${written}; there are ${Object.keys(PARTS).join(", ")} and names of headers`,
    );
  }
  return part;
}
