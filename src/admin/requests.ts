import type { Context } from "../context.ts";
import type { EdgeHandler } from "../edge/edge.ts";
import { GatewayError } from "../errors.ts";
import { Reply } from "../message/reply.ts";
import type { GatewayRequest, Peer } from "../message/request.ts";
import { protectedResponse } from "./headers.ts";
import { problemResponse } from "./problem.ts";
import { readable } from "./readable.ts";

/** Who asks, as the connection tells. */
export type AdminPeer = Pick<Peer, "address" | "certificate">;

/** What answers the requests of the admin port. */
export interface AdminFetch {
  fetch(request: Request, peer: AdminPeer): Response | Promise<Response>;
}

/** More than any admin request has to say, in bytes. */
export const MAX_BODY = 1_048_576;

/** Hands the requests of an edge to the admin app, as web requests. */
export class AdminRequests implements EdgeHandler {
  readonly #app: AdminFetch;

  constructor(app: AdminFetch) {
    this.#app = app;
  }

  async handle({ request }: Context): Promise<Reply> {
    return Reply.from(await this.#app.fetch(await webRequest(request), request.peer));
  }

  fail(ctx: Context, error: unknown): Reply {
    return Reply.from(protectedResponse(problemResponse(GatewayError.from(error), ctx.requestId)));
  }

  finish(): void {
    // Nobody counts them.
  }

  refuse(error: GatewayError): Reply {
    return Reply.from(protectedResponse(problemResponse(error)));
  }
}

/** Throws `bad_request` for a host that none can be, and `payload_too_large`. */
async function webRequest({ method, scheme, host, path, query, headers, body }: GatewayRequest): Promise<Request> {
  // Elysia looks for the path from the eleventh character on: after a short host it would find another one than the guard.
  const url = URL.parse(`${scheme}://localhost${path}${query === undefined ? "" : `?${query}`}`);
  // A probe of HTTP/1.0 names no host; the guard sees to it that it comes no further.
  if (url === null || (host !== "" && !URL.canParse(`${scheme}://${host}`)))
    throw new GatewayError("bad_request", { detail: "Invalid host" });
  const fields = new Headers();
  for (const [name, value] of headers) fields.append(name, value);
  const bytes = method === "GET" || method === "HEAD" ? undefined : await body.bytes(MAX_BODY);
  const content = bytes === undefined || bytes.byteLength === 0 ? null : new Uint8Array(bytes);
  try {
    return readable(new Request(url.href, { method, headers: fields, body: content }));
  } catch {
    throw new GatewayError("method_not_allowed");
  }
}
