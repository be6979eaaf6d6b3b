import {
  type Context,
  contextKey,
  definePlugin,
  HeaderList,
  isHopByHop,
  type Scope,
  type Static,
  Type,
} from "../src/plugin.ts";

const Lines = (description: string) => Type.Record(Type.String(), Type.String(), { default: {}, description });

const Changes = (description: string) =>
  Type.Object(
    {
      remove: Type.Array(Type.String(), { default: [], description: "Names of headers to remove; done first." }),
      set: Lines("Headers that get this one value, whatever they had; done next."),
      add: Lines("Headers that get one more line with this value; done last."),
    },
    { default: {}, additionalProperties: false, description },
  );

/** Changes headers of the request that the service gets, and of the reply that the client gets. */
export default definePlugin({
  name: "headers",
  description: "Adds, sets and removes headers of the request to the service and of the reply to the client.",
  options: Type.Object({
    request: Changes("The request, as the service gets it."),
    response: Changes("The reply, as the client gets it: refusals and errors too."),
  }),
  setup(options, scope) {
    const request = compileChanges("request", options.request, scope);
    const response = compileChanges("response", options.response, scope);
    const isDone = contextKey<boolean>("request headers changed");
    return {
      // Here the phases before still see what the client sent: its credentials, and what a cache must vary by.
      ...(request !== undefined && {
        forward: (next) => (ctx) => {
          // A retry around this layer calls it again: a header would be added twice.
          if (ctx.get(isDone) !== true) {
            ctx.set(isDone, true);
            change(ctx.request.headers, request, ctx);
          }
          return next(ctx);
        },
      }),
      ...(response !== undefined && {
        response: (ctx, reply) => {
          change(reply.headers, response, ctx);
          return reply;
        },
      }),
    };
  },
});

type Side = "request" | "response";
type Render = (ctx: Context) => string;

interface Line {
  readonly name: string;
  /** Text, or what makes it of a request. */
  readonly value: string | Render;
}

interface CompiledChanges {
  readonly remove: readonly string[];
  readonly set: readonly Line[];
  readonly add: readonly Line[];
}

function change(headers: HeaderList, { remove, set, add }: CompiledChanges, ctx: Context): void {
  for (const name of remove) headers.delete(name);
  for (const { name, value } of set) headers.set(name, typeof value === "string" ? value : value(ctx));
  for (const { name, value } of add) headers.append(name, typeof value === "string" ? value : value(ctx));
}

/** Undefined if there is nothing to change. */
function compileChanges(
  side: Side,
  { remove, set, add }: Static<ReturnType<typeof Changes>>,
  scope: Scope,
): CompiledChanges | undefined {
  const compiled = {
    remove: remove.map((name) => checkedName(side, `${side}.remove`, name)),
    set: compileLines(side, `${side}.set`, set, scope),
    add: compileLines(side, `${side}.add`, add, scope),
  };
  return compiled.remove.length + compiled.set.length + compiled.add.length === 0 ? undefined : compiled;
}

function compileLines(side: Side, key: string, lines: Readonly<Record<string, string>>, scope: Scope): readonly Line[] {
  const seen = new HeaderList();
  return Object.entries(lines).map(([written, text]) => {
    const name = checkedName(side, key, written);
    if (seen.has(name)) throw new Error(`${key}: ${name} is here twice`);
    const parts = text.split(VARIABLE);
    // Where a variable stands, what is known already, or else a stand-in, has to be valid.
    const sample = parts.map((part, i) => (i % 2 === 0 ? part : sampleOf(part, `${key}.${written}`, scope))).join("");
    setChecked(seen, key, name, sample);
    return { name, value: parts.length === 1 ? text : renderer(parts) };
  });
}

function setChecked(headers: HeaderList, key: string, name: string, value: string): void {
  try {
    headers.set(name, value);
  } catch (error) {
    throw new Error(`${key}: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/** A `{` that begins no name, as in JSON, is text. */
const VARIABLE = /\{([a-z][a-z-]*)\}/;

const VALUES: ReadonlyMap<string, Render> = new Map<string, Render>([
  ["request-id", (ctx) => ctx.requestId],
  ["client-address", (ctx) => ctx.request.peer.clientAddress],
  ["route", (ctx) => ctx.route?.name ?? "-"],
  ["service", (ctx) => ctx.service ?? "-"],
]);

function renderer(parts: readonly string[]): Render {
  const pieces = parts.map((part, i) => (i % 2 === 0 ? part : (VALUES.get(part) ?? part)));
  return (ctx) => {
    let text = "";
    for (const piece of pieces) text += typeof piece === "string" ? piece : piece(ctx);
    return text;
  };
}

function sampleOf(variable: string, key: string, { route, service }: Scope): string {
  if (!VALUES.has(variable)) {
    const known = [...VALUES.keys()].map((name) => `{${name}}`).join(", ");
    throw new Error(`${key}: there is no {${variable}}; there are ${known}`);
  }
  if (variable === "route") return route?.name ?? "-";
  return variable === "service" ? (service ?? "-") : "x";
}

function checkedName(side: Side, key: string, written: string): string {
  const name = written.toLowerCase();
  if (isHopByHop(name)) throw new Error(`${key}: ${name} belongs to one connection, and each side has its own`);
  if (side === "request" && name === "host") throw new Error(`${key}: host follows the service's preserve-host`);
  if (side === "request" && OWN.has(name)) throw new Error(`${key}: the gateway itself writes ${name} for the service`);
  try {
    HeaderList.of([[name, ""]]);
  } catch {
    throw new Error(`${key}: ${JSON.stringify(written)} is no name of a header`);
  }
  return name;
}

const OWN = new Set(["forwarded", "via", "x-forwarded-for", "x-forwarded-host", "x-forwarded-proto"]);
