import { definePlugin, GatewayError, Type } from "../../src/plugin.ts";

/** Makes sure that every request asks for a version that exists, and warns clients of versions that will go. */
export default definePlugin({
  name: "api-version",
  description: "Checks the version that a client asks for, and announces when a version will go.",
  options: Type.Object({
    header: Type.String({ default: "x-api-version", minLength: 1, description: "Header that names the version." }),
    supported: Type.Array(Type.String(), { minItems: 1, description: "Versions that may be asked for." }),
    default: Type.Optional(
      Type.String({ description: "Version of requests that name none; without it they are 400." }),
    ),
    sunset: Type.Record(Type.String(), Type.String(), {
      default: {},
      description: "Versions that will go, each with its last day: 2030-12-31.",
    }),
  }),
  setup({ header, supported, default: preset, sunset }, scope) {
    if (preset !== undefined && !supported.includes(preset)) throw new Error(`default: ${preset} is not supported`);
    const name = header.toLowerCase();
    const versions = new Set(supported);
    const lastDays = new Map(Object.entries(sunset).map(([version, day]) => [version, httpDate(version, day)]));
    const detail = `The header ${name} has to be one of: ${supported.join(", ")}`;

    return {
      request({ request }) {
        const version = request.headers.get(name) ?? preset;
        if (version === undefined || !versions.has(version)) throw new GatewayError("bad_request", { detail });
        request.headers.set(name, version);
        return undefined;
      },
      response(ctx, reply) {
        const version = ctx.request.headers.get(name) ?? "";
        const lastDay = lastDays.get(version);
        if (lastDay === undefined) return reply;
        reply.headers.set("sunset", lastDay);
        scope.log.debug("a version that will go was asked for", { version, requestId: ctx.requestId });
        return reply;
      },
    };
  },
});

/** The end of a day, as the Sunset header writes it (RFC 8594 §3). */
function httpDate(version: string, day: string): string {
  const date = new Date(`${day}T23:59:59Z`);
  if (Number.isNaN(date.getTime())) throw new Error(`sunset: ${version} needs a day such as 2030-12-31, not ${day}`);
  return date.toUTCString();
}
