import { freePort } from "./ports.ts";

/** A real service with a document, on a port of its own. */
export interface DocumentedService extends AsyncDisposable {
  readonly url: string;
  readonly port: number;
  /** The ETag that each question for the document had, so far; null: none. */
  readonly asked: readonly (string | null)[];
  /** What it answers such a question with from now on. */
  answer: (request: Request) => Response | Promise<Response>;
  stop(): Promise<void>;
}

export interface DocumentedOptions {
  readonly port?: number;
  readonly answer?: (request: Request) => Response | Promise<Response>;
}

/** A document with one operation: GET /NAME. */
export function documentOf(name: string, version = "3.0.3"): Readonly<Record<string, unknown>> {
  const schema = { type: "object", properties: { id: { type: "string" } } };
  const content = { "application/json": { schema } };
  const get = { tags: [name], operationId: `get-${name}`, responses: { 200: { description: "It.", content } } };
  return { openapi: version, info: { title: name, version: "1" }, paths: { [`/${name}`]: { get } } };
}

/** Answers with the document under an ETag, and with 304 to whoever has it. */
export function tagged(document: unknown, etag = '"v1"'): (request: Request) => Response {
  return (request) => {
    const headers = { etag };
    if (request.headers.get("if-none-match") === etag) return new Response(null, { status: 304, headers });
    return Response.json(document, { headers });
  };
}

/** Serves a document at /openapi.json; everything else is answered with what came. */
export function startDocumented(name: string, options: DocumentedOptions = {}): DocumentedService {
  const asked: (string | null)[] = [];
  const server = Bun.serve({
    hostname: "127.0.0.1",
    port: options.port ?? freePort(),
    idleTimeout: 60,
    fetch(request) {
      const { pathname } = new URL(request.url);
      if (pathname !== "/openapi.json") {
        return Response.json({ service: name, path: pathname, authorization: request.headers.get("authorization") });
      }
      asked.push(request.headers.get("if-none-match"));
      return service.answer(request);
    },
  });
  const stop = async () => {
    await server.stop(true);
  };
  const service: DocumentedService = {
    url: `http://127.0.0.1:${server.port}`,
    port: server.port ?? 0,
    asked,
    answer: options.answer ?? tagged(documentOf(name)),
    stop,
    [Symbol.asyncDispose]: stop,
  };
  return service;
}
