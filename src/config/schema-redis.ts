import { type Static, Type } from "@sinclair/typebox";
import { FilePath } from "./file-path.ts";
import { Duration } from "./units.ts";

const closed = { additionalProperties: false };

const Sentinel = Type.Object(
  {
    master: Type.String({ minLength: 1, description: "Name under which the sentinels know the master." }),
    nodes: Type.Array(Type.String(), {
      minItems: 1,
      description: "Sentinels as host:port; the port is 26379 if left out.",
    }),
    username: Type.Optional(Type.String({ description: "User of the sentinels themselves." })),
    password: Type.Optional(Type.String({ description: "Password of the sentinels themselves." })),
  },
  { ...closed, description: "The master that sentinels name, and after a failover its successor." },
);

const Tls = Type.Object(
  {
    ca: Type.Optional(FilePath({ description: "PEM file of the authorities that sign Redis's certificate." })),
    cert: Type.Optional(
      FilePath({ description: "PEM file of the gateway's own certificate, where Redis asks for one." }),
    ),
    key: Type.Optional(FilePath({ description: "PEM file of its private key." })),
    "server-name": Type.Optional(Type.String({ description: "Name in the certificate, if it is not the host." })),
    verify: Type.Boolean({ default: true, description: "false believes any certificate." }),
  },
  { ...closed, description: "Speak TLS; the same as rediss:// in the url, and how." },
);

/** Where the shared store is. */
export const RedisSection = Type.Object(
  {
    url: Type.Optional(
      Type.String({
        description: "redis://user:password@host:port/database, or rediss:// for TLS. Empty: the embedded store.",
      }),
    ),
    cluster: Type.Optional(
      Type.Array(Type.String(), {
        minItems: 1,
        description: "Nodes of a Cluster as host:port, some of them at least; the others are found.",
      }),
    ),
    sentinel: Type.Optional(Sentinel),
    username: Type.Optional(Type.String({ description: "ACL user; a url may have it too." })),
    password: Type.Optional(Type.String({ description: "Its password; a url may have it too." })),
    database: Type.Optional(Type.Integer({ minimum: 0, maximum: 65_535, description: "Number; 0 unless told." })),
    tls: Type.Optional(Tls),
    "key-prefix": Type.String({
      default: "sluice:",
      description: "Begins every key, so that others can use the same Redis.",
    }),
    "command-timeout": Duration({ default: "100ms", description: "For a command; then what asked goes on without." }),
    "connect-timeout": Duration({ default: "2s", description: "For a connection." }),
  },
  { ...closed, default: {}, description: "The store that gateways share. Without it each process has one of its own." },
);

export type RedisConfig = Static<typeof RedisSection>;
