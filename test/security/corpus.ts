import corpus from "./malformed.json" with { type: "json" };

/** What an upstream that was reached must have got, and must not have got. */
export interface UpstreamExpectation {
  readonly target?: string;
  readonly target_without?: string;
  readonly method?: string;
  readonly body?: string;
  /** A line with that name and value. */
  readonly header?: readonly string[];
  readonly not_header?: readonly string[];
  readonly has_header?: string;
  readonly no_header?: string;
  /** Octets that are there, and a regular expression for those that are not. */
  readonly bytes?: string;
  readonly no_bytes?: string;
  /** No complete message may come. */
  readonly incomplete?: boolean;
}

export interface RequestCase {
  readonly id: string;
  readonly request: string;
  readonly expect: "reject-400" | "close" | "accept";
  readonly why: string;
  readonly status?: readonly number[];
  readonly must_close?: boolean;
  readonly half_close?: boolean;
  /** How many responses; 1 unless told. */
  readonly responses?: number;
  readonly repeat?: { readonly "{BIG}": readonly [text: string, times: number] };
  readonly upstream?: UpstreamExpectation;
}

export interface ResponseCase {
  readonly id: string;
  readonly response: string;
  readonly expect: "502" | "pass" | "abort";
  readonly why: string;
  /** The upstream closes behind it. */
  readonly close?: boolean;
  readonly method?: string;
  readonly status?: number;
  readonly body?: string;
  readonly no_header?: string;
  readonly count_header?: readonly [name: string, count: number];
  readonly request_body_bytes?: number;
  /** It is sent before the request's body has come. */
  readonly early?: boolean;
}

/** malformed.json explains its fields in its first lines. */
export const requestCases = corpus.requests as unknown as readonly RequestCase[];
export const responseCases = corpus.responses as unknown as readonly ResponseCase[];

/** The octets of a case, in latin1, for a gateway at that host. */
export function expand(one: RequestCase, host: string): string {
  const smuggled = `GET /s/${one.id} HTTP/1.1\r\nHost: ${host}\r\n\r\n`;
  const [text = "", times = 0] = one.repeat?.["{BIG}"] ?? [];
  return one.request
    .replace(/\{SM(LEN|HEX)(?:\+(\d+))?\}/g, (_, kind: string, more = "0") =>
      (smuggled.length + Number(more)).toString(kind === "HEX" ? 16 : 10),
    )
    .replaceAll("{BIG}", text.repeat(times))
    .replaceAll("{HOST}", host)
    .replaceAll("{ID}", one.id);
}
