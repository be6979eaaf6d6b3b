import { bytesAt, type Fields, hexAt, messagesAt, numberAt, readFields, textAt } from "./protobuf.ts";

export type AttributeValue = string | number | boolean | undefined;
export type Attributes = Readonly<Record<string, AttributeValue>>;

/** A span as a collector gets it. */
export interface ReceivedSpan {
  readonly traceId: string;
  readonly spanId: string;
  /** "" without one. */
  readonly parentSpanId: string;
  readonly traceState: string;
  readonly name: string;
  readonly kind: "internal" | "server" | "client" | "other";
  /** Ms since 1970. */
  readonly startMs: number;
  readonly endMs: number;
  readonly attributes: Attributes;
  readonly status: "unset" | "ok" | "error";
  readonly links: readonly { readonly traceId: string; readonly spanId: string }[];
  readonly resource: Attributes;
  readonly scope: string;
}

const KINDS = ["other", "internal", "server", "client"] as const;
const STATUSES = ["unset", "ok", "error"] as const;

/** All spans of an ExportTraceServiceRequest (opentelemetry-proto, trace.proto). Throws for what is none. */
export function readSpans(body: Buffer): readonly ReceivedSpan[] {
  return messagesAt(readFields(body), 1).flatMap((resourceSpans) => {
    const [resource] = messagesAt(resourceSpans, 1);
    const ofResource = resource === undefined ? {} : attributesAt(resource, 1);
    return messagesAt(resourceSpans, 2).flatMap((scopeSpans) => {
      const scope = textAt(messagesAt(scopeSpans, 1)[0] ?? new Map(), 1);
      return messagesAt(scopeSpans, 2).map((span) => spanOf(span, ofResource, scope));
    });
  });
}

function spanOf(fields: Fields, resource: Attributes, scope: string): ReceivedSpan {
  const [status] = messagesAt(fields, 15);
  return {
    traceId: hexAt(fields, 1),
    spanId: hexAt(fields, 2),
    traceState: textAt(fields, 3),
    parentSpanId: hexAt(fields, 4),
    name: textAt(fields, 5),
    kind: KINDS[Number(numberAt(fields, 6) ?? 0n)] ?? "other",
    startMs: Number(numberAt(fields, 7) ?? 0n) / 1e6,
    endMs: Number(numberAt(fields, 8) ?? 0n) / 1e6,
    attributes: attributesAt(fields, 9),
    status: STATUSES[Number((status && numberAt(status, 3)) ?? 0n)] ?? "unset",
    links: messagesAt(fields, 13).map((link) => ({ traceId: hexAt(link, 1), spanId: hexAt(link, 2) })),
    resource,
    scope,
  };
}

function attributesAt(fields: Fields, number: number): Attributes {
  return Object.fromEntries(
    messagesAt(fields, number).map((pair) => [textAt(pair, 1), attributeValue(messagesAt(pair, 2)[0] ?? new Map())]),
  );
}

function attributeValue(fields: Fields): AttributeValue {
  const [text] = bytesAt(fields, 1);
  if (text !== undefined) return text.toString();
  const bool = numberAt(fields, 2);
  if (bool !== undefined) return bool === 1n;
  const integer = numberAt(fields, 3);
  return integer === undefined ? undefined : Number(BigInt.asIntN(64, integer));
}
