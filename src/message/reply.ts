import { GatewayError } from "../errors.ts";
import { Body } from "./body.ts";
import { HeaderList } from "./headers.ts";
import type { Upgraded } from "./tunnel.ts";

/** What the client is answered: the upstream's response, or the gateway's own. Headers may be changed in place. */
export class Reply {
  status: number;
  headers: HeaderList;
  body: Body;
  /** The reason phrase as an HTTP/1.1 upstream sent it; undefined for the gateway's own replies. */
  reason: string | undefined;
  /** Of a 101: the connection that has switched to another protocol. */
  readonly upgraded: Upgraded | undefined;

  constructor(
    status: number,
    headers: HeaderList = new HeaderList(),
    body: Body = Body.empty,
    reason?: string,
    upgraded?: Upgraded,
  ) {
    this.status = status;
    this.headers = headers;
    this.body = body;
    this.reason = reason;
    this.upgraded = upgraded;
  }

  /** A JSON reply; `headers` in lower case are added. */
  static json(status: number, value: unknown, headers: Readonly<Record<string, string>> = {}): Reply {
    const list = HeaderList.of({ "content-type": "application/json", ...headers });
    return new Reply(status, list, Body.of(JSON.stringify(value)));
  }

  /** A plain-text reply. */
  static text(status: number, text: string): Reply {
    return new Reply(status, HeaderList.of({ "content-type": "text/plain; charset=utf-8" }), Body.of(text));
  }

  /** A web response as a reply; takes its body. Connection-level headers are left out: framing is the edge's. */
  static from(response: Response): Reply {
    const headers = new HeaderList();
    for (const [name, value] of response.headers) {
      if (name !== "content-length" && name !== "transfer-encoding" && name !== "connection")
        headers.append(name, value);
    }
    const body = response.body === null ? Body.empty : Body.fromStream(response.body);
    return new Reply(response.status, headers, body);
  }

  /** The reply as a web response; takes its body. */
  toResponse(): Response {
    const headers = new Headers();
    for (const [name, value] of this.headers) headers.append(name, value);
    const hasNoContent = this.status === 204 || this.status === 304 || this.status === 101;
    return new Response(hasNoContent || this.body.isEmpty ? null : this.body.stream(), {
      status: this.status,
      headers,
    });
  }

  /** Gives up a reply that nobody will send. */
  discard(): void {
    this.body.discard(new GatewayError("client_closed"));
    this.upgraded?.terminate();
  }
}
