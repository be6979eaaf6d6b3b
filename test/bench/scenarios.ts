/** What is asked of every contender, and what the upstream answers. */
export interface Scenario {
  readonly name: string;
  /** Completes a heading: "small: 55-byte JSON". */
  readonly title: string;
  /** Path of the request; names the upstream's reply too. */
  readonly path: string;
  /** Keep-alive connections, each with one request in flight. */
  readonly connections: number;
  readonly contentType: string;
  /** The reply's body. */
  readonly body: Buffer;
}

const KIB = 1024;

/** The scenarios, in the order they are run. */
export const SCENARIOS: readonly Scenario[] = [
  {
    name: "small",
    title: "55-byte JSON, 64 keep-alive connections",
    path: "/small",
    connections: 64,
    contentType: "application/json",
    body: Buffer.from('{"id":42,"name":"Ada Lovelace","email":"ada@x.example"}'),
  },
  {
    name: "large",
    title: "100 KB body, 64 keep-alive connections",
    path: "/large",
    connections: 64,
    contentType: "application/octet-stream",
    body: Buffer.alloc(100 * KIB, "sluice"),
  },
];
