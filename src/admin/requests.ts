import type { Context } from "../context.ts";
import type { EdgeHandler } from "../edge/edge.ts";
import { GatewayError } from "../errors.ts";
import { problemReply } from "../message/problem.ts";
import { Reply } from "../message/reply.ts";
import type { GatewayRequest, Peer } from "../message/request.ts";
import { protectedReply } from "./headers.ts";
import { readable } from "./readable.ts";

/** Who asks, as the connection tells. */
export type AdminPeer = Pick<Peer, "address" | "certificate">;

/** What answers the requests of the admin port. */
export interface AdminFetch {
  /**
   * Answers a request.
   *
   * @param request without its body
   * @param whole the same with it, called for those who may ask alone: of nobody else a byte is kept. Rejects with
   *   `payload_too_large`, or where the body does not come
   */
  fetch(request: Request, peer: AdminPeer, whole: () => Promise<Request>): Response | Promise<Response>;
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
    const head = webRequest(request, null);
    return Reply.from(await this.#app.fetch(head, request.peer, () => wholeRequest(request, head)));
  }

  fail(ctx: Context, error: unknown): Reply {
    return protectedReply(problemReply(GatewayError.from(error), ctx.requestId, "problem"));
  }

  finish(): void {
    // Nobody counts them.
  }

  refuse(error: GatewayError): Reply {
    return protectedReply(problemReply(error, crypto.randomUUID(), "problem"));
  }
}

async function wholeRequest(request: GatewayRequest, head: Request): Promise<Request> {
  if (head.method === "GET" || head.method === "HEAD") return head;
  const bytes = await request.body.bytes(MAX_BODY);
  return bytes.byteLength === 0 ? head : webRequest(request, new Uint8Array(bytes));
}

/** Throws `bad_request` for a host that none can be, and `not_implemented` for a method that no endpoint could have. */
function webRequest(
  { method, scheme, host, path, query, headers }: GatewayRequest,
  body: Uint8Array<ArrayBuffer> | null,
): Request {
  // Elysia looks for the path from the eleventh character on: after a short host it would find another one than the guard.
  const url = URL.parse(`${scheme}://localhost${path}${query === undefined ? "" : `?${query}`}`);
  // A probe of HTTP/1.0 names no host; the guard sees to it that it comes no further.
  if (url === null || (host !== "" && !URL.canParse(`${scheme}://${host}`)))
    throw new GatewayError("bad_request", { detail: "Invalid host" });
  const fields = new Headers();
  for (const [name, value] of headers) fields.append(name, value);
  // What a target names holds over the field (RFC 9112 §3.2.2).
  if (host !== "") fields.set("host", host);
  const known = new Request(url.href, { method, headers: fields, body });
  // Bun takes a method that it does not know for GET, and `post` for POST; methods are case-sensitive (RFC 9110 §9.1).
  if (known.method !== method) throw new GatewayError("not_implemented", { detail: "The method is not known here" });
  return readable(known);
}
