import { type Context, contextKey, definePlugin } from "../../src/plugin.ts";
import { Mirror } from "./mirror.ts";
import { Options } from "./options.ts";

/** Sends copies of requests to another service, whose replies nobody gets. */
export default definePlugin({
  name: "mirror",
  description: "Sends copies of requests to another service, and drops what that answers.",
  options: Options,
  setup(options, scope) {
    const { share, service, timeout } = options;
    if (service === scope.service) throw new Error("service: its copies would come to the same service");
    if (share > 1) throw new Error("share: there are no more requests than 100%");
    if (timeout === 0) throw new Error("timeout leaves no time for a copy");
    const mirror = new Mirror(options, scope);
    const copied = contextKey<true>("mirrored");

    /** A layer around this one, such as retry, may send a request more than once; it is copied with the first try alone. */
    const isTurn = (ctx: Context) =>
      ctx.attempts === 0 && ctx.upgrade === undefined && Math.random() < share && ctx.get(copied) === undefined;

    return {
      forward(next) {
        return (ctx) => {
          if (isTurn(ctx)) {
            ctx.set(copied, true);
            mirror.copy(ctx);
          }
          return next(ctx);
        };
      },
    };
  },
});
