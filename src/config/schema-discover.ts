import { Type } from "@sinclair/typebox";
import { FilePath } from "./file-path.ts";
import { Duration } from "./units.ts";

const Text = (description: string) => Type.String({ minLength: 1, description });

const Consul = Type.Object(
  {
    url: Type.String({ default: "http://127.0.0.1:8500", minLength: 1, description: "Of the agent's HTTP API." }),
    service: Text("Name of the service; only instances that pass all checks are used."),
    tag: Type.Optional(Text("Only instances with this tag.")),
    datacenter: Type.Optional(Text("Instead of the agent's own.")),
    namespace: Type.Optional(Text("For Consul Enterprise.")),
    token: Type.Optional(Text("ACL token; needs service:read and node:read.")),
  },
  { additionalProperties: false, description: "Instances of a service in Consul." },
);

const Kubernetes = Type.Object(
  {
    service: Text("Name of the Service; its ready endpoints are used."),
    namespace: Type.Optional(Text("That of the gateway's pod, unless told.")),
    port: Type.Optional(
      Type.Union([Type.Integer({ minimum: 1, maximum: 65_535 }), Type.String({ minLength: 1 })], {
        expected: "a port's name or number",
        description: "Name or number of the endpoints' port; needed if there are several.",
      }),
    ),
    url: Type.String({
      default: "https://kubernetes.default.svc",
      minLength: 1,
      description: "Of the API server.",
    }),
    "token-file": Type.Optional(FilePath({ description: "Instead of the pod's service account token." })),
    "ca-file": Type.Optional(FilePath({ description: "Authorities of the API server, instead of the pod's." })),
  },
  { additionalProperties: false, description: "Endpoints of a Service in Kubernetes." },
);

/** Where targets are found that are not in the configuration; exactly one source. */
export const Discover = Type.Object(
  {
    dns: Type.Optional(Text("A name: each of its addresses is a target.")),
    port: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: 65_535,
        description: "For dns; 80, or 443 with scheme: https, unless told.",
      }),
    ),
    srv: Type.Optional(Text("A name with SRV records, _http._tcp.users.internal for example.")),
    servers: Type.Optional(
      Type.Array(Type.String({ minLength: 1 }), {
        minItems: 1,
        maxItems: 8,
        description:
          "For dns and srv: addresses of the DNS servers to ask, with or without a port, instead of the system's.",
      }),
    ),
    file: Type.Optional(FilePath({ description: "A YAML file with targets, read again when it changes." })),
    consul: Type.Optional(Consul),
    kubernetes: Type.Optional(Kubernetes),
    scheme: Type.Union([Type.Literal("http"), Type.Literal("https")], {
      default: "http",
      description: "How the targets are spoken to; a file says it in each URL.",
    }),
    "min-ttl": Duration({
      default: "5s",
      description: "For dns: not resolved again sooner, whatever the records say.",
    }),
    "max-ttl": Duration({ default: "1m", description: "For dns: resolved again by then, whatever the records say." }),
  },
  {
    additionalProperties: false,
    description: "Targets that come and go: one of dns, srv, file, consul and kubernetes, beside targets.",
  },
);
