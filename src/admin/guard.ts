import { createHash, timingSafeEqual } from "node:crypto";
import { GatewayError } from "../errors.ts";
import { TokenAttempts } from "./attempts.ts";
import { isCrossSite, isLocalName, isSafe } from "./origin.ts";
import type { AdminPeer } from "./requests.ts";

export interface GuardOptions {
  /** Empty means none. */
  readonly token?: string | undefined;
  /** As configured: where nothing else is needed it is answered to, beside the local names. */
  readonly host?: string | undefined;
  /** Whether clients are asked for certificates; `required`: nobody comes so far without one. */
  readonly certificates?: "required" | "optional" | undefined;
  /** Told, now and then, of wrong tokens. */
  onWrongToken?(client: string, isBlocked: boolean): void;
  /** In ms, on a clock that never jumps. */
  readonly now?: () => number;
}

/** Who asks, for the log: `token`, the name in a certificate, or `local` where nothing is needed. */
export interface Caller {
  readonly who: string;
  /** Why this one request of theirs is refused all the same. */
  readonly refusal?: GatewayError;
}

/** Looks at an admin request before its endpoint does: who it is from, or why it is refused. */
export type Guard = (request: Request, peer: AdminPeer) => Caller | GatewayError;

/**
 * With a token, requests have to bear it (RFC 6750 §2.1); with `certificates: optional`, it or a certificate; with
 * `required`, both. Without either the port is on loopback, and answers to this machine alone.
 */
export function createGuard(options: GuardOptions): Guard {
  const { token = "", host, certificates } = options;
  const bearsToken = token === "" ? undefined : tokenCheck(token, options);
  if (bearsToken === undefined && certificates === undefined) return localGuard(host);
  return (request, peer) => {
    const name = certificates === undefined ? undefined : nameOf(peer);
    if (name === undefined && (certificates === "required" || bearsToken === undefined))
      return forbidden(NEEDS_CERTIFICATE);
    const isAmbient = name !== undefined && (bearsToken === undefined || certificates === "optional");
    const error = isAmbient ? undefined : bearsToken?.(request, peer);
    if (error !== undefined) return error;
    const who = name ?? "token";
    // A browser sends a certificate by itself, whatever page the request is from; a token no page has but our own.
    const isForged = (isAmbient || !isSafe(request.method)) && isCrossSite(request.headers);
    return isForged ? { who, refusal: forbidden(OTHER_SITES) } : { who };
  };
}

const NEEDS_CERTIFICATE = "The admin endpoints need a client certificate";
const OTHER_SITES = "The admin endpoints refuse pages of other sites";

/** Compares in the same time for every token. An address that has sent too many wrong ones waits. */
function tokenCheck(token: string, { onWrongToken, now }: GuardOptions) {
  const expected = sha256(token);
  const attempts = new TokenAttempts(now);
  return (request: Request, { address }: AdminPeer): GatewayError | undefined => {
    const [, given] = /^bearer +(\S+)$/i.exec(request.headers.get("authorization") ?? "") ?? [];
    if (given === undefined) return unauthenticated();
    const waitMs = attempts.waitMs(address);
    if (waitMs > 0) return tooMany(waitMs);
    if (timingSafeEqual(sha256(given), expected)) return undefined;
    onWrongToken?.(address, attempts.note(address));
    return unauthenticated();
  };
}

/**
 * Every browser of the machine can reach a port on loopback. A page of another site must not use that: neither through a
 * name of its own that resolves to loopback (DNS rebinding), so that only local names and the configured host are
 * answered; nor by a cross-site request, which its Origin or Sec-Fetch-Site gives away.
 */
function localGuard(host: string | undefined): Guard {
  const configured = host?.toLowerCase();
  return ({ headers }) => {
    const name = headers.get("host")?.toLowerCase().replace(/:\d*$/, "") ?? "";
    if (!isLocalName(name) && name !== configured && name !== `[${configured}]`) {
      return forbidden("Without a token the admin endpoints answer to local names alone");
    }
    return isCrossSite(headers) ? { who: "local", refusal: forbidden(OTHER_SITES) } : { who: "local" };
  };
}

/** What is in a certificate comes from whoever has it signed: it is cut, and the log quotes it. */
function nameOf({ certificate }: AdminPeer): string | undefined {
  return certificate === undefined ? undefined : (certificate.commonName ?? certificate.fingerprint).slice(0, 200);
}

function unauthenticated(): GatewayError {
  const headers = { "www-authenticate": 'Bearer realm="admin"' };
  return new GatewayError("unauthenticated", { detail: "The admin endpoints need their bearer token", headers });
}

function forbidden(detail: string): GatewayError {
  return new GatewayError("forbidden", { detail });
}

function tooMany(waitMs: number): GatewayError {
  const headers = { "retry-after": `${Math.ceil(waitMs / 1_000)}` };
  return new GatewayError("rate_limited", { detail: "Too many wrong tokens came from this address", headers });
}

function sha256(text: string): Uint8Array {
  return createHash("sha256").update(text).digest();
}
