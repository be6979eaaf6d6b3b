import { Duration, ServiceName, Share, Size, type Static, Type } from "../../src/plugin.ts";

const Field = Type.String({ pattern: "^[!#$%&'*+.^_`|~0-9A-Za-z-]+$", expected: "the name of a header" });

export const Options = Type.Object({
  service: ServiceName({ description: "Name of the service that gets the copies." }),
  share: Share({ default: "100%", description: "Of the requests; which of them is drawn by lot." }),
  "max-body": Size({ default: "64kb", description: "Requests with a longer body are not copied." }),
  "max-in-flight": Type.Integer({
    default: 100,
    minimum: 1,
    description: "Copies under way at a time, in each worker; requests that come meanwhile are not copied.",
  }),
  timeout: Duration({ default: "10s", description: "For a copy as a whole, the end of its reply included." }),
  remove: Type.Array(Field, {
    default: ["authorization", "proxy-authorization", "cookie", "x-api-key"],
    description: "Headers that copies do not have: what proves who is calling.",
  }),
  marker: Type.String({
    pattern: "^[!#$%&'*+.^_`|~0-9A-Za-z-]+$",
    expected: "the name of a header",
    default: "x-mirror",
    description: "Header that copies have, with the name of the route.",
  }),
});

export type MirrorOptions = Static<typeof Options>;
