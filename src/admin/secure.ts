import { GatewayError } from "../errors.ts";
import type { Audit } from "./audit.ts";
import type { Guard } from "./guard.ts";
import { protectedResponse } from "./headers.ts";
import { isFromBrowser, isSafe } from "./origin.ts";
import { problemResponse } from "./problem.ts";
import type { AdminFetch } from "./requests.ts";

export interface SecureOptions {
  readonly guard: Guard;
  readonly audit: Audit;
  /** Whether anyone may ask it: it tells nothing, and changes nothing. */
  isOpen(path: string): boolean;
}

/** Unsafe by their method alone. */
const CHANGE_NOTHING: readonly string[] = ["/api/plan"];

/** The app behind its guard: who may not is refused, what changes something is noted, and every answer is protected. */
export function secured(app: InnerApp, options: SecureOptions): AdminFetch {
  const { guard, audit, isOpen } = options;
  return {
    async fetch(request, peer, whole) {
      const path = URL.parse(request.url)?.pathname ?? "";
      if (isOpen(path)) return protectedResponse(await app.fetch(request));
      const caller = guard(request, peer);
      if (caller instanceof GatewayError) return protectedResponse(problemResponse(caller));
      const asked = caller.refusal === undefined ? await whole() : request;
      const refusal = caller.refusal ?? (isSafe(request.method) ? undefined : wrongType(asked));
      const response = protectedResponse(refusal === undefined ? await app.fetch(asked) : problemResponse(refusal));
      if (!isSafe(request.method) && !CHANGE_NOTHING.includes(path)) {
        const { who } = caller;
        audit.note({ at: Date.now(), who, from: peer.address, method: request.method, path, status: response.status });
      }
      return response;
    },
  };
}

interface InnerApp {
  fetch(request: Request): Response | Promise<Response>;
}

/** A form of another site can be sent without asking first, JSON cannot (Fetch, "CORS-safelisted request-header"). */
function wrongType({ headers, body }: Request): GatewayError | undefined {
  if (body === null || !isFromBrowser(headers)) return undefined;
  if (/^application\/json\s*(?:;|$)/i.test(headers.get("content-type") ?? "")) return undefined;
  return new GatewayError("unsupported_media_type", { detail: "From a browser only application/json is taken" });
}
