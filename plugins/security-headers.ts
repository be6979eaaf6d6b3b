import { definePlugin, HeaderList, isHopByHop, type Static, Type } from "../src/plugin.ts";

const Value = (preset: string | false, description: string) =>
  Type.Union([Type.String({ minLength: 1 }), Type.Literal(false)], { default: preset, description });

const Headers = Type.Object({
  "strict-transport-security": Value("max-age=31536000", "Use https alone, for a year. Sent over https only."),
  "content-security-policy": Value("frame-ancestors 'self'", "What a page may load, and who may frame it."),
  "x-frame-options": Value("SAMEORIGIN", "Who may frame it, for old browsers."),
  "x-content-type-options": Value("nosniff", "Believe the content type."),
  "referrer-policy": Value("strict-origin-when-cross-origin", "How much of a page's address other sites are told."),
  "permissions-policy": Value("camera=(), geolocation=(), microphone=()", "Features of the browser that it may use."),
  "cross-origin-opener-policy": Value("same-origin-allow-popups", "Which windows of other origins may reach it."),
  "cross-origin-resource-policy": Value("same-site", "Whose pages may embed it."),
  "cross-origin-embedder-policy": Value(false, "What it may embed: require-corp or credentialless."),
});

/** Sets the headers by which browsers protect their users (OWASP Secure Headers Project). */
export default definePlugin({
  name: "security-headers",
  description: "Sets the headers by which browsers protect their users, where the service has not.",
  options: Type.Object({
    ...Headers.properties,
    override: Type.Boolean({ default: false, description: "Replace what the service sets; else that stays." }),
    remove: Type.Array(Type.String(), {
      default: ["server", "x-powered-by"],
      description: "Headers of the service to remove: these tell attackers what it is made of.",
    }),
  }),
  setup({ override, remove, ...headers }) {
    const lines = compileLines(headers);
    const removed = remove.map(checkedName);
    return {
      response({ request }, reply) {
        const isHttps = request.scheme === "https";
        for (const name of removed) reply.headers.delete(name);
        for (const { name, value, isForHttps } of lines) {
          if (isForHttps && !isHttps) continue;
          if (override || !reply.headers.has(name)) reply.headers.set(name, value);
        }
        return reply;
      },
    };
  },
});

interface Line {
  readonly name: string;
  readonly value: string;
  /** RFC 6797 §7.2: over plain http it must not be sent. */
  readonly isForHttps: boolean;
}

function compileLines(headers: Static<typeof Headers>): readonly Line[] {
  const valid = new HeaderList();
  const lines: Line[] = [];
  for (const [name, value] of Object.entries(headers)) {
    if (value === false) continue;
    valid.set(name, value);
    lines.push({ name, value, isForHttps: name === "strict-transport-security" });
  }
  return lines;
}

function checkedName(written: string): string {
  const name = written.toLowerCase();
  if (isHopByHop(name)) throw new Error(`remove: ${name} belongs to one connection, and each side has its own`);
  if (Object.hasOwn(Headers.properties, name)) throw new Error(`remove: write ${name}: false to leave it as it is`);
  try {
    HeaderList.of([[name, ""]]);
  } catch {
    throw new Error(`remove: ${JSON.stringify(written)} is no name of a header`);
  }
  return name;
}
