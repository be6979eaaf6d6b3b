import type { Principal } from "../context.ts";
import { isHopByHop } from "../http1/hop.ts";
import { HeaderList } from "../message/headers.ts";
import { readClaim } from "./claims.ts";

/** Tells the service who is calling, in headers that nobody but the gateway can set. */
export interface ClaimHeaders {
  /** Takes these headers out of what the client sent, and their spellings with `_`, which many services take for the same. */
  clear(headers: HeaderList): void;
  /**
   * Sets those whose claims there are: texts as UTF-8, numbers and truth values as JSON, lists of texts with commas
   * between, anything else as JSON. Throws TypeError for a text that no header can carry.
   */
  set(headers: HeaderList, principal: Principal): void;
}

/** `forward` has claims and the names of their headers. Throws Error for a name that cannot be used. */
export function compileClaimHeaders(forward: Readonly<Record<string, string>>): ClaimHeaders {
  const lines = Object.entries(forward).map(([claim, written]) => ({ claim, name: checkedName(claim, written) }));
  const names = new Set(lines.map(({ name }) => name.replaceAll("_", "-")));
  if (names.size < lines.length) throw new Error("forward-claims: two claims have the same header");
  const isOwn = (name: string) => names.has(name.includes("_") ? name.replaceAll("_", "-") : name);
  return {
    clear(headers) {
      if (names.size === 0) return;
      const { flat } = headers;
      for (let i = 0; i < flat.length; i += 2) {
        // Lines that need not change leave as they came, which is cheaper.
        if (isOwn(flat[i] as string)) return headers.deleteWhere(isOwn);
      }
    },
    set(headers, { claims }) {
      for (const { claim, name } of lines) {
        const value = readClaim(claims, claim);
        if (value !== undefined && value !== null) headers.set(name, headerText(value));
      }
    },
  };
}

function headerText(value: unknown): string {
  const isList = Array.isArray(value) && value.every((item) => typeof item === "string" && !item.includes(","));
  const text = typeof value === "string" ? value : isList ? value.join(",") : JSON.stringify(value);
  return NOT_ASCII.test(text) ? Buffer.from(text).toString("latin1") : text;
}

const NOT_ASCII = /[^\0-\x7f]/;

function checkedName(claim: string, written: string): string {
  const name = written.toLowerCase();
  if (isHopByHop(name) || RESERVED.has(name)) throw new Error(`forward-claims.${claim}: ${name} is the gateway's own`);
  try {
    HeaderList.of([[name, ""]]);
  } catch {
    throw new Error(`forward-claims.${claim}: ${JSON.stringify(written)} is no name of a header`);
  }
  return name;
}

/** What routes a request, or says where it came from. */
const RESERVED = new Set(["host", "forwarded", "via", "x-forwarded-for", "x-forwarded-host", "x-forwarded-proto"]);
