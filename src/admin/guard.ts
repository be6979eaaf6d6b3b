import { createHash, timingSafeEqual } from "node:crypto";
import { GatewayError } from "../errors.ts";

/** Looks at an admin request before its endpoint does; an error refuses it. */
export type Guard = (request: Request) => GatewayError | undefined;

/** Lets requests through that bear the token (RFC 6750 §2.1). The comparison takes the same time for every token. */
export function tokenGuard(token: string): Guard {
  const expected = sha256(token);
  return (request) => {
    const [, given] = /^bearer +(\S+)$/i.exec(request.headers.get("authorization") ?? "") ?? [];
    if (given !== undefined && timingSafeEqual(sha256(given), expected)) return undefined;
    const headers = { "www-authenticate": 'Bearer realm="admin"' };
    return new GatewayError("unauthenticated", { detail: "The admin endpoints need their bearer token", headers });
  };
}

/**
 * Without a token the admin port is on loopback, where every browser of the machine can reach it. A page of another
 * site must not use that: neither through a name of its own that resolves to loopback (DNS rebinding), so that only
 * local names and the configured host are answered; nor by a cross-site request, which its Origin or Sec-Fetch-Site
 * gives away.
 */
export function localGuard(host: string | undefined): Guard {
  const configured = host?.toLowerCase();
  return (request) => {
    const authority = request.headers.get("host")?.toLowerCase() ?? "";
    const name = authority.replace(/:\d*$/, "");
    if (!isLoopback(name) && name !== configured && name !== `[${configured}]`) {
      return new GatewayError("forbidden", {
        detail: "Without a token the admin endpoints answer to local names alone",
      });
    }
    if (!isSameOrigin(request.headers, authority)) {
      return new GatewayError("forbidden", { detail: "Without a token the admin endpoints refuse other sites" });
    }
    return undefined;
  };
}

function isLoopback(name: string): boolean {
  return name === "localhost" || name === "[::1]" || /^127(?:\.\d{1,3}){3}$/.test(name);
}

function isSameOrigin(headers: Headers, authority: string): boolean {
  const site = headers.get("sec-fetch-site");
  if (site !== null && site !== "same-origin" && site !== "none") return false;
  const origin = headers.get("origin");
  return origin === null || origin.toLowerCase() === `http://${authority}`;
}

function sha256(text: string): Uint8Array {
  return createHash("sha256").update(text).digest();
}
