import { definePlugin, type PluginRefusal, readOperations, sizeText } from "../../src/plugin.ts";
import { Options } from "./options.ts";
import { addEndpoints, sharedOf } from "./shared.ts";
import { Validator } from "./validator.ts";

/** Holds requests and replies against the OpenAPI document of the service. */
export default definePlugin({
  name: "validate",
  description:
    "Refuses or reports requests that are not as the service's OpenAPI document says, and reports such replies.",
  options: Options,
  describe: ({ requests, "max-body": maxBody }, { hasBody }) => {
    if (requests !== "enforce") return {};
    const ofBody: readonly PluginRefusal[] = [
      { code: "payload_too_large", when: `The body is larger than ${sizeText(maxBody)}.` },
      { code: "unsupported_media_type", when: "The body is of a type that is not in this document, or compressed." },
    ];
    return {
      refusals: [
        { code: "validation_failed", when: "The request is not as this document says; `errors` tells where." },
        { code: "bad_request", when: "The request cannot be read." },
        ...(hasBody ? ofBody : []),
      ],
    };
  },
  async setup(options, scope) {
    const { requests, responses, document } = options;
    if (requests === "off" && responses === "off")
      throw new Error("requests and responses are both off: nothing is left to do");
    if (scope.service === undefined) {
      if (scope.site.startsWith("route")) throw new Error("its route has no service, whose document it could go by");
      return {};
    }
    const own = document === undefined ? undefined : await readOperations(document, scope.directory, scope.service);
    const shared = sharedOf(scope);
    addEndpoints(scope, shared);
    const validator = new Validator(options, scope, shared, own);
    return {
      limit: (ctx) => validator.request(ctx),
      response: (ctx, reply) => validator.reply(ctx, reply),
    };
  },
});
