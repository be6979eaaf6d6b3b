/** Why a request went to the service (RFC 9211 §2.2). */
export type Forward = "bypass" | "method" | "uri-miss" | "vary-miss" | "request" | "stale" | "partial" | "miss";

/** What Cache-Status says of a request that went to the service. */
export interface ForwardStatus {
  readonly forward: Forward;
  /** Of the service's answer, where it is not the status that the client gets. */
  readonly forwardStatus?: number;
  readonly isStored?: boolean;
  readonly isCollapsed?: boolean;
  /** A token. */
  readonly detail?: string;
}

/** The gateway's name in the field. */
const NAME = "sluice";

/** The member of Cache-Status for a request that went to the service. */
export function forwardStatus(status: ForwardStatus): string {
  let text = `${NAME}; fwd=${status.forward}`;
  if (status.forwardStatus !== undefined) text += `; fwd-status=${status.forwardStatus}`;
  if (status.isStored === true) text += "; stored";
  if (status.isCollapsed === true) text += "; collapsed";
  if (status.detail !== undefined) text += `; detail=${status.detail}`;
  return text;
}

/** The member of Cache-Status for an answer from the store; `ttl` is what is left of its freshness, in seconds. */
export function hitStatus(ttl: number, detail?: string): string {
  return `${NAME}; hit; ttl=${ttl}${detail === undefined ? "" : `; detail=${detail}`}`;
}
