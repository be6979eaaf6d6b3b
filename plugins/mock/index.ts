import {
  type Awaitable,
  type Context,
  type DocumentedOperation,
  definePlugin,
  FilePath,
  GatewayError,
  type OperationTable,
  type Reply,
  readOperations,
  Type,
} from "../../src/plugin.ts";
import { readPreference } from "./prefer.ts";
import { MockReplies } from "./replies.ts";

const Options = Type.Object({
  when: Type.Union([Type.Literal("down"), Type.Literal("always")], {
    default: "down",
    description:
      "`down`: for requests that could not be sent to the service. `always`: for all, and the service is never asked.",
  }),
  document: Type.Optional(
    FilePath({
      description: "An OpenAPI document, JSON or YAML. Default: the one that the gateway has of the service.",
    }),
  ),
});

/** Answers as the service's document says. */
export default definePlugin({
  name: "mock",
  description: "Answers with the examples of the service's OpenAPI document, while the service is down or always.",
  options: Options,
  answers: true,
  describe: ({ when, document }) => ({
    ...(when === "always" &&
      document === undefined && {
        refusals: [{ code: "no_target_available", when: "The gateway has no document of the service yet." }],
      }),
    notes: [
      when === "always"
        ? "The gateway answers with examples, which have the header `x-mock`; no service is asked."
        : "While the service cannot be reached the gateway answers with examples, which have the header `x-mock`.",
    ],
  }),
  async setup({ when, document }, scope) {
    if (scope.route === undefined) return {};
    if (scope.service === undefined && !scope.site.startsWith("route")) return {};
    if (scope.service === undefined && (when === "down" || document === undefined)) {
      throw new Error("a route without a service needs when: always, and a document");
    }
    const own =
      document === undefined ? undefined : await readOperations(document, scope.directory, scope.service ?? "mock");
    const replies = new WeakMap<DocumentedOperation, MockReplies>();
    const answered = scope.metrics.counter({
      name: "answered_total",
      help: "Requests that were answered in the place of the service.",
      labels: ["route"],
    });
    const count = answered.with(scope.route.name);
    const table = (): Awaitable<OperationTable | undefined> =>
      own ?? scope.operations ?? scope.operationsReady?.then(() => scope.operations);
    // Large documents are read before the first request needs them.
    if (own === undefined) void scope.operationsReady;

    const answer = (ctx: Context, found: DocumentedOperation): Reply => {
      const known = replies.get(found) ?? new MockReplies(found);
      replies.set(found, known);
      const { headers } = ctx.request;
      const reply = known.reply(readPreference(headers), headers.get("accept"));
      reply.headers.set("x-mock", when);
      count.inc();
      return reply;
    };
    if (when === "always") {
      return {
        cache: () => (ctx) => {
          const known = table();
          return known instanceof Promise
            ? known.then((found) => answer(ctx, operationOf(found, ctx)))
            : answer(ctx, operationOf(known, ctx));
        },
      };
    }
    return {
      cache: (next) => async (ctx) => {
        try {
          return await next(ctx);
        } catch (error) {
          if (!isDown(error) || ctx.isAborted) throw error;
          const documented = (await table())?.find(ctx.request.method, ctx.upstreamPath);
          if (documented?.kind !== "operation") throw error;
          return answer(ctx, documented.operation);
        }
      },
    };
  },
});

/** Nothing of the request has come to the service: there was no connection, no target, or nobody was let through. */
function isDown(error: unknown): boolean {
  return error instanceof GatewayError && !error.bytesSent && DOWN.has(error.code);
}

const DOWN = new Set<string>(["upstream_connect", "no_target_available", "circuit_open"]);

function operationOf(table: OperationTable | undefined, ctx: Context): DocumentedOperation {
  if (table === undefined) {
    throw new GatewayError("no_target_available", { detail: "There is no document of the service to answer from" });
  }
  const documented = table.find(ctx.request.method, ctx.upstreamPath);
  if (documented.kind === "operation") return documented.operation;
  if (documented.kind === "path-unknown") {
    throw new GatewayError("route_not_found", { detail: "The service documents no such path" });
  }
  throw new GatewayError("method_not_allowed", { headers: { allow: documented.methods.join(", ") } });
}
