import { Body } from "../../src/message/body.ts";
import { HeaderList } from "../../src/message/headers.ts";
import type { GatewayRequest } from "../../src/message/request.ts";

export interface RequestParts {
  readonly host?: string;
  readonly headers?: Iterable<readonly [string, string]> | Readonly<Record<string, string>>;
}

/** A request as an edge hands it in; the target is a canonical path, with its query if there is one. */
export function requestFor(method: string, target: string, { host, headers = {} }: RequestParts = {}): GatewayRequest {
  const mark = target.indexOf("?");
  return {
    method,
    scheme: "http",
    host: host ?? "gateway.test",
    path: mark === -1 ? target : target.slice(0, mark),
    query: mark === -1 ? undefined : target.slice(mark + 1),
    version: "1.1",
    headers: HeaderList.of(headers),
    body: Body.empty,
    peer: { address: "192.0.2.1", port: 40_000, clientAddress: "192.0.2.1", isTrustedProxy: false },
  };
}
