import type { RequestKind } from "./request.ts";

/** What is asked of every contender, and what the upstream answers. */
export interface Scenario {
  readonly name: string;
  /** The names of the contenders that take part; undefined: all. */
  readonly contenders?: readonly string[];
  /** Completes a heading: "small: 55-byte JSON". */
  readonly title: string;
  /** Which of a contender's ports is asked. */
  readonly listener: "port" | "barePort" | "tlsPort";
  readonly request: RequestKind;
  /** Path of the request; names the upstream's reply too. */
  readonly path: string;
  /** Length of the request's body; 0: a GET. */
  readonly uploadBytes: number;
  /** Keep-alive connections, each with one request in flight. */
  readonly connections: number;
  /** More connections, that ask once and then wait: how much memory each takes is measured too. */
  readonly idle: number;
  /** How requests are sent: each after the response before it, or at times fixed beforehand. */
  readonly loop: "closed" | "open";
  /** The reply says that it may be cached, and is answered out of the cache. */
  readonly isCached: boolean;
  /** Of load on each contender before the first round, at least: where the bench's own is too short. */
  readonly warmSeconds: number;
  readonly contentType: string;
  /** The reply's body. */
  readonly body: Buffer;
}

const KIB = 1_024;
const MIB = 1_024 * KIB;

const small: Scenario = {
  name: "small",
  title: "55-byte JSON, 64 keep-alive connections",
  listener: "port",
  request: "typical",
  path: "/small",
  uploadBytes: 0,
  connections: 64,
  idle: 0,
  loop: "closed",
  isCached: false,
  warmSeconds: 0,
  contentType: "application/json",
  body: Buffer.from('{"id":42,"name":"Ada Lovelace","email":"ada@x.example"}'),
};

const large: Scenario = {
  ...small,
  name: "large",
  title: "100 KB body, 64 keep-alive connections",
  path: "/large",
  contentType: "application/octet-stream",
  body: Buffer.alloc(100 * KIB, "sluice"),
};

/** Those that can answer from a cache of their own. */
const WITH_CACHE = ["sluice", "nginx", "varnish"];

/** The scenarios, in the order they are run. */
export const SCENARIOS: readonly Scenario[] = [
  {
    ...small,
    name: "bare",
    title: "55-byte JSON, requests of one field, nginx and HAProxy add none: unequal work",
    listener: "barePort",
    request: "bare",
  },
  small,
  large,
  {
    ...large,
    name: "huge",
    title: "1 MB body, 64 keep-alive connections",
    path: "/huge",
    body: Buffer.alloc(MIB, "sluice"),
  },
  { ...small, name: "upload", title: "POST of 64 KB, 55-byte reply, 64 keep-alive connections", uploadBytes: 64 * KIB },
  { ...small, name: "upload-1m", title: "POST of 1 MB, 55-byte reply, 64 keep-alive connections", uploadBytes: MIB },
  { ...small, name: "tls", title: "55-byte JSON over TLS 1.3, 64 keep-alive connections", listener: "tlsPort" },
  {
    ...small,
    name: "cached",
    title: "55-byte JSON out of the gateway's cache, 64 keep-alive connections",
    path: "/cached/small",
    contenders: WITH_CACHE,
    isCached: true,
  },
  {
    ...large,
    name: "cached-large",
    title: "100 KB body out of the gateway's cache, 64 keep-alive connections",
    path: "/cached/large",
    contenders: WITH_CACHE,
    isCached: true,
  },
  { ...small, name: "many", title: "55-byte JSON, 1,000 keep-alive connections", connections: 1_000 },
  {
    ...small,
    name: "idle",
    title: "55-byte JSON, 10,000 keep-alive connections of which 64 are busy",
    idle: 10_000 - 64,
  },
  {
    ...small,
    name: "jwt",
    contenders: ["sluice", "sluice-jwt", "haproxy", "haproxy-jwt"],
    title: "55-byte JSON, 64 keep-alive connections, each with an RS256 token of its own",
    request: "signed",
  },
  {
    ...small,
    name: "observed",
    contenders: ["sluice-blind", "sluice", "sluice-observed"],
    title:
      "55-byte JSON, 64 keep-alive connections, with nothing counted, with metrics, and with a log and traces besides",
    // What runs for one request of a hundred is compiled late.
    warmSeconds: 6,
  },
  {
    ...small,
    name: "open",
    title: "55-byte JSON at a constant rate, 256 keep-alive connections",
    connections: 256,
    loop: "open",
  },
];
