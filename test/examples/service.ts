import type { AnyElysia } from "elysia";
import { startService } from "../../examples/shop/serve.ts";

/** A service of the shop on a port of its own; stopped at the end of the block. */
export interface TestedService extends AsyncDisposable {
  readonly url: string;
  get(path: string): Promise<Response>;
  send(method: string, path: string, body?: unknown): Promise<Response>;
}

export function testedService(app: AnyElysia): TestedService {
  const { url, stop } = startService(app, 0);
  return {
    url,
    get: (path) => fetch(url + path),
    send: (method, path, body) =>
      fetch(url + path, {
        method,
        headers: { "content-type": "application/json" },
        body: body === undefined ? null : typeof body === "string" ? body : JSON.stringify(body),
      }),
    [Symbol.asyncDispose]: stop,
  };
}

/** Checks that a response is a refusal in the services' form, and gives its `detail`. */
export async function refusal(response: Response, status: number): Promise<string> {
  const type = response.headers.get("content-type");
  const body: unknown = await response.json();
  if (response.status !== status || type !== "application/problem+json") {
    throw new Error(`expected a problem of status ${status}, got ${response.status} ${type}: ${JSON.stringify(body)}`);
  }
  return typeof body === "object" && body !== null && "detail" in body ? String(body.detail) : "";
}
