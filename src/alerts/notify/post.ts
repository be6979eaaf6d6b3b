import { systemCode } from "../../errors.ts";

/** What became of sending a message once. */
export type Posted =
  | { readonly result: "sent" }
  /** It may be tried again; not before so many ms, if the receiver has said so. */
  | { readonly result: "failed"; readonly reason: string; readonly retryAfterMs?: number }
  /** Trying again would not help. */
  | { readonly result: "refused"; readonly reason: string };

export interface Post {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly timeoutMs: number;
  /** PEM text of the authorities to trust. */
  readonly ca: string | undefined;
  readonly signal: AbortSignal;
}

/** Statuses after which the same message may be taken later. */
const PASSING = [408, 425, 429];

/**
 * Sends a message once. Certificates are verified. Redirects are not followed: the URL is a secret, and so is the message.
 * Never rejects; reasons have no address in them.
 */
export async function post({ url, headers, body, timeoutMs, ca, signal }: Post): Promise<Posted> {
  const deadline = AbortSignal.timeout(timeoutMs);
  try {
    const response = await fetch(url, {
      method: "POST",
      headers: { "content-type": "application/json", "user-agent": "sluice", ...headers },
      body,
      redirect: "manual",
      signal: AbortSignal.any([deadline, signal]),
      // A connection that was kept for hours is most likely dead.
      keepalive: false,
      ...(ca === undefined ? {} : { tls: { ca } }),
    });
    // What it says beside its status is of no interest, and may have no end.
    void response.body?.cancel().catch(() => {});
    return judge(response);
  } catch (error) {
    if (deadline.aborted) return { result: "failed", reason: `no answer within ${timeoutMs} ms` };
    return { result: "failed", reason: `no answer: ${systemCode(error) ?? "the call failed"}` };
  }
}

function judge({ status, headers }: Response): Posted {
  if (status >= 200 && status < 300) return { result: "sent" };
  const reason = `status ${status}`;
  if (status >= 300 && status < 400) return { result: "refused", reason: `${reason}: redirects are not followed` };
  if (status < 500 && !PASSING.includes(status)) return { result: "refused", reason };
  const seconds = Number(headers.get("retry-after") ?? Number.NaN);
  return seconds > 0 ? { result: "failed", reason, retryAfterMs: seconds * 1_000 } : { result: "failed", reason };
}
