import { responseOf } from "./http2.ts";
import { parseRequest, type RawResponse } from "./messages.ts";

/** Connects by HTTP/3, sends one request, given as HTTP/1.1 writes it, and reads its response. */
export async function exchangeHttp3(port: number, text: string): Promise<RawResponse> {
  const parsed = parseRequest(Buffer.from(text, "latin1"));
  if (parsed === undefined) throw new Error("the request is not complete");
  const { method, target, headers, body } = parsed.request;
  const response = await fetch(`https://127.0.0.1:${port}${target}`, {
    protocol: "http3",
    method,
    headers: headers.map(([name, value]): [string, string] => [name, value]),
    redirect: "manual",
    decompress: false,
    // Of an authority of our own Bun's client will not hear over HTTP/3.
    tls: { rejectUnauthorized: false },
    ...(body.length === 0 ? {} : { body: new Uint8Array(body) }),
  });
  return responseOf(response.status, [...response.headers], Buffer.from(await response.arrayBuffer()));
}
