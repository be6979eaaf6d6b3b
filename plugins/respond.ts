import { Body, definePlugin, HeaderList, isHopByHop, Reply, type Static, Type } from "../src/plugin.ts";

const Options = Type.Object({
  status: Type.Integer({ default: 200, minimum: 200, maximum: 599, description: "Status of the reply." }),
  headers: Type.Record(Type.String(), Type.String(), { default: {}, description: "Headers of the reply." }),
  body: Type.Optional(Type.String({ description: "Text of the reply's body." })),
  json: Type.Optional(Type.Unknown({ description: "Any value: the reply's body is its JSON.", expected: "any value" })),
  "content-type": Type.Optional(
    Type.String({ description: "Default: text/plain; charset=utf-8 for body, application/json for json." }),
  ),
});

/** Answers without a service: a fixed page, a mock of something that is yet to be built. */
export default definePlugin({
  name: "respond",
  description: "Answers with a fixed reply, so that the route needs no service.",
  options: Options,
  answers: true,
  describe: (options) => ({
    replies: [{ status: options.status, description: "An answer of the gateway's own.", content: contentOf(options) }],
    notes: ["The gateway answers by itself; no service is asked."],
  }),
  setup(options) {
    const { status } = options;
    const body = bodyOf(options);
    const headers = headersOf(options, body);
    // As a layer it comes after everyone who may refuse. Headers are copied, for `response` may change them.
    return {
      cache: () => () => new Reply(status, headers.copy(), body),
      explain: () => ({ verdict: "answers", status, reason: "a fixed reply" }),
    };
  },
});

/** The media type of the reply; what is in it may be anything. */
function contentOf(options: Static<typeof Options>): Readonly<Record<string, Record<string, never>>> {
  const type = headersOf(options, bodyOf(options)).get("content-type");
  return type === undefined ? {} : { [type]: {} };
}

function bodyOf(options: Static<typeof Options>): Body {
  const hasJson = "json" in options;
  if (hasJson && options.body !== undefined) throw new Error("give body or json, not both");
  const body = hasJson ? Body.of(JSON.stringify(options.json)) : Body.of(options.body ?? "");
  const { status } = options;
  if (!body.isEmpty && (status === 204 || status === 205 || status === 304)) {
    throw new Error(`a reply of status ${status} has no body (RFC 9110 §15)`);
  }
  return body;
}

function headersOf(options: Static<typeof Options>, body: Body): HeaderList {
  const headers = new HeaderList();
  for (const [written, value] of Object.entries(options.headers)) {
    const name = written.toLowerCase();
    if (isHopByHop(name)) throw new Error(`headers: ${name} is set by the gateway itself`);
    if (headers.has(name)) throw new Error(`headers: ${name} is here twice`);
    headers.set(name, value);
  }
  const given = options["content-type"];
  if (given !== undefined) headers.set("content-type", given);
  else if (!body.isEmpty && !headers.has("content-type")) {
    headers.set("content-type", "json" in options ? "application/json" : "text/plain; charset=utf-8");
  }
  return headers;
}
