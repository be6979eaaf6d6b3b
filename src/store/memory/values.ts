import { StoreError } from "../error.ts";
import type { LimitState } from "./limit.ts";
import type { Entry } from "./table.ts";

/** Characters of the largest counter. */
export const MAX_DIGITS = 17;

/** Ms since 1970; a `ttlMs` of 0 is none. */
export function endOf(ttlMs: number, now: number): number {
  return ttlMs === 0 ? Number.POSITIVE_INFINITY : now + ttlMs;
}

function contentOf(entry: Entry | undefined): string | Uint8Array | undefined {
  if (entry === undefined) return undefined;
  if (entry.value.kind !== "bytes") throw otherKind();
  return entry.value.content;
}

/** Throws StoreError "refused" if something else than a value is there; so do those below. */
export function textOf(entry: Entry | undefined): string | undefined {
  const content = contentOf(entry);
  return content === undefined || typeof content === "string" ? content : Buffer.from(content).toString();
}

export function bytesOf(entry: Entry | undefined): Uint8Array | undefined {
  const content = contentOf(entry);
  return typeof content === "string" ? Buffer.from(content) : content?.slice();
}

/** 0 where there is nothing. */
export function counterOf(entry: Entry | undefined): number {
  const text = textOf(entry) ?? "0";
  if (!/^-?\d{1,16}$/.test(text)) throw new StoreError("refused", "the value under this key is no counter");
  return Number(text);
}

export function stateOf(entry: Entry | undefined): LimitState | undefined {
  if (entry === undefined) return undefined;
  if (entry.value.kind !== "limit") throw otherKind();
  return entry.value.state;
}

export function otherKind(): StoreError {
  return new StoreError("refused", "the value under this key is of another kind");
}
