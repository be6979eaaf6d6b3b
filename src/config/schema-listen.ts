import { Type } from "@sinclair/typebox";
import { Cidr } from "./cidr-schema.ts";
import { FilePath } from "./file-path.ts";
import { Duration, Size } from "./units.ts";

/** Of one gateway. */
const MOST_WORKERS = 256;

const closed = { additionalProperties: false, default: {} };

const ClientCertificates = Type.Object(
  {
    ca: FilePath({ description: "PEM file of the authorities that sign them." }),
    mode: Type.Union([Type.Literal("required"), Type.Literal("optional")], {
      default: "required",
      description: "What becomes of a client without a valid one: it is turned away, or let in without.",
    }),
  },
  { additionalProperties: false, description: "Ask clients for a certificate." },
);

const NamedCertificate = Type.Object(
  {
    cert: FilePath({ description: "PEM file of the certificate chain." }),
    key: FilePath({ description: "PEM file of the private key." }),
    names: Type.Optional(
      Type.Array(Type.String(), {
        minItems: 1,
        description: "Host names to serve it for, `*.example.com` too. Those that it is made out to unless told.",
      }),
    ),
  },
  { additionalProperties: false },
);

export const Tls = Type.Object(
  {
    cert: FilePath({ description: "PEM file of the certificate chain; the one for names that no other is for." }),
    key: FilePath({ description: "PEM file of the private key." }),
    certificates: Type.Array(NamedCertificate, {
      default: [],
      description: "More certificates, each for clients that ask for one of its names.",
    }),
    "min-version": Type.Union([Type.Literal("1.2"), Type.Literal("1.3")], {
      default: "1.2",
      description: "The least version of TLS.",
    }),
    "client-certificates": Type.Optional(ClientCertificates),
  },
  { additionalProperties: false, description: "Serve https." },
);

const Limits = Type.Object(
  {
    "header-bytes": Size({ default: "16kb", description: "Bytes of a request's head; more is 431." }),
    "header-count": Type.Integer({
      default: 100,
      minimum: 1,
      maximum: 10_000,
      description: "Header lines; more is 431.",
    }),
    "target-bytes": Size({ default: "8kb", description: "Bytes of the request target; more is 414." }),
    "body-bytes": Size({ default: "10mb", description: "Bytes of a request's body; more is 413." }),
    "body-rate": Size({
      default: "0b",
      description:
        "Bytes a second that a body has to come at, on the average of timeouts.body, while the gateway waits for it; less is 408. 0b sets no limit.",
    }),
    connections: Type.Integer({
      default: 10_000,
      minimum: 1,
      description: "Open connections; one more is closed at once.",
    }),
    tunnels: Type.Integer({
      default: 10_000,
      minimum: 0,
      description: "Of those, the ones that have switched to another protocol; one more is 503.",
    }),
    requests: Type.Integer({
      default: 0,
      minimum: 0,
      description: "Requests of one connection; the last reply closes it. 0 sets no limit.",
    }),
  },
  { ...closed, description: "Bounds on what a client may send." },
);

const Timeouts = Type.Object(
  {
    header: Duration({ default: "10s", description: "For a request's whole head, from its first byte; then 408." }),
    body: Duration({ default: "30s", description: "Without a byte of a body that the gateway waits for; then 408." }),
    send: Duration({
      default: "5m",
      description: "Without the client taking a byte of the reply; then the connection is cut.",
    }),
    "keep-alive": Duration({ default: "65s", description: "Between two requests of a connection." }),
    drain: Duration({ default: "30s", description: "For requests in flight when the gateway stops." }),
  },
  { ...closed, description: "How long the gateway waits for a client." },
);

/** One listener. */
export const Listen = Type.Object(
  {
    host: Type.String({ default: "0.0.0.0", description: "Address to listen on." }),
    port: Type.Integer({ default: 8080, minimum: 0, maximum: 65535, description: "0 takes any free port." }),
    workers: Type.Union([Type.Literal("auto"), Type.Integer({ minimum: 1, maximum: MOST_WORKERS })], {
      default: 1,
      description:
        "Processes that serve all listeners together; auto: one a core. Of several listeners one may say it.",
    }),
    "trusted-proxies": Type.Array(Cidr(), {
      default: [],
      description: "CIDRs of proxies whose X-Forwarded-* and Forwarded are believed.",
    }),
    tls: Type.Optional(Tls),
    http2: Type.Boolean({
      default: false,
      description: "Serve HTTP/2 as well: over TLS to clients that choose it, without to those that know beforehand.",
    }),
    http3: Type.Boolean({
      default: false,
      description: "Serve HTTP/3 as well, on the UDP port of the same number; needs tls.",
    }),
    limits: Limits,
    timeouts: Timeouts,
  },
  closed,
);
