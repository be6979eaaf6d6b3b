import type { Context } from "../context.ts";
import { GatewayError } from "../errors.ts";
import { readCookies, withoutCookie } from "./cookies.ts";
import { readQuery, withoutParameter } from "./query-parameters.ts";

/** Where a credential may be; at least one of them. */
export interface CredentialPlaces {
  /** Name of a header, in any case. */
  readonly header?: string | undefined;
  /** What stands before the credential in that header, as `Bearer` does, in any case (RFC 9110 §11.1). Without: nothing. */
  readonly scheme?: string | undefined;
  readonly cookie?: string | undefined;
  /** Name of a query parameter. */
  readonly query?: string | undefined;
}

/** Finds a credential in requests, and takes it out of what the service gets. */
export interface Credential {
  /**
   * What the client has sent, empty text included; undefined if there is nothing, or something of another scheme. Throws
   * GatewayError `bad_request` where there are two, or one in a header that is the same to services which take `_` for
   * `-`: nobody can tell which of them the service would believe.
   */
  read(ctx: Context): string | undefined;
  /** Removes it from the request that is forwarded. */
  remove(ctx: Context): void;
}

/** Made once, at load. Throws Error if there is no place to look in. */
export function compileCredential(places: CredentialPlaces): Credential {
  const finders = [headerPlace(places), cookiePlace(places), queryPlace(places)].filter((one) => one !== undefined);
  const [first] = finders;
  if (first === undefined) throw new Error("expected a header, cookie or query parameter that the credential is in");
  if (finders.length === 1) return first;
  return {
    read(ctx) {
      let found: string | undefined;
      for (const finder of finders) {
        const credential = finder.read(ctx);
        if (credential === undefined) continue;
        if (found !== undefined) throw ambiguous("in two places");
        found = credential;
      }
      return found;
    },
    remove: (ctx) => {
      for (const finder of finders) finder.remove(ctx);
    },
  };
}

function headerPlace({ header, scheme }: CredentialPlaces): Credential | undefined {
  if (header === undefined) return undefined;
  const name = header.toLowerCase();
  const start = scheme === undefined ? undefined : `${scheme} `;
  const dashed = /[-_]/.test(name) ? name.replaceAll("_", "-") : undefined;
  return {
    read({ request }) {
      const { headers } = request;
      if (dashed !== undefined && hasOtherSpelling(headers.flat, name, dashed))
        throw ambiguous(`in a header that may be taken for ${name}`);
      // Authorization is found without taking the other lines apart.
      const [value, ...others] = headers.getAll(name);
      if (others.length > 0) throw ambiguous(`in two ${name} headers`);
      return start === undefined || value === undefined ? value : afterScheme(value, start);
    },
    remove: ({ request }) => request.headers.delete(name),
  };
}

function hasOtherSpelling(flat: readonly string[], name: string, dashed: string): boolean {
  for (let i = 0; i < flat.length; i += 2) if (flat[i] !== name && isSpelling(flat[i], dashed)) return true;
  return false;
}

/** Whether CGI, WSGI and the like have the same variable for the header as for the one that is `dashed`. */
function isSpelling(name: string | undefined, dashed: string): boolean {
  return name?.length === dashed.length && name.replaceAll("_", "-") === dashed;
}

/** RFC 6750 §2.1: the scheme, one space or more, and the credential. A scheme alone has an empty one. */
function afterScheme(value: string, start: string): string | undefined {
  // Nearly all clients spell it as everybody does, and nothing needs to be copied.
  if (!value.startsWith(start) && `${value} `.slice(0, start.length).toLowerCase() !== start.toLowerCase())
    return undefined;
  let from = start.length;
  while (value.charCodeAt(from) === 0x20) from++;
  return value.slice(from);
}

function cookiePlace({ cookie: name }: CredentialPlaces): Credential | undefined {
  if (name === undefined) return undefined;
  return {
    read({ request }) {
      const values = readCookies(request.headers, name);
      if (values.length > 1) throw ambiguous(`in two cookies ${name}`);
      return values[0];
    },
    remove: ({ request }) => withoutCookie(request.headers, name),
  };
}

function queryPlace({ query: name }: CredentialPlaces): Credential | undefined {
  if (name === undefined) return undefined;
  return {
    read({ request }) {
      const values = readQuery(request.query, name);
      if (values.length > 1) throw ambiguous(`in two query parameters ${name}`);
      return values[0];
    },
    remove: (ctx) => {
      ctx.upstreamQuery = withoutParameter(ctx.upstreamQuery, name);
    },
  };
}

function ambiguous(places: string): GatewayError {
  const headers = { "www-authenticate": 'Bearer realm="gateway", error="invalid_request"' };
  return new GatewayError("bad_request", { detail: `There are credentials ${places}`, headers });
}
