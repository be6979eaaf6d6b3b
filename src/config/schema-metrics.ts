import { Type } from "@sinclair/typebox";

/** What the gateway counts, and where that is told. */
export const MetricsSection = Type.Object(
  {
    path: Type.String({
      default: "/metrics",
      // A path has one spelling, and none of the admin port's own.
      pattern:
        "^/(?!(?:api|health|dashboard)(?:/|$))[A-Za-z0-9_~-][A-Za-z0-9._~-]*(?:/[A-Za-z0-9_~-][A-Za-z0-9._~-]*)*$",
      expected: "a path such as /metrics, not below /api, /health or /dashboard",
      description: "Where Prometheus finds them, on the admin port.",
    }),
  },
  { additionalProperties: false, default: {}, description: "What the gateway counts." },
);
