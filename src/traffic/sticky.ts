import type { StickyConfig } from "../config/schema-traffic.ts";
import { contextKey } from "../context/key.ts";
import type { Context } from "../context.ts";
import type { Phases } from "../plugin.ts";
import { hashKeyReader } from "../upstream/balance/hash-key.ts";

/** What a client is known by, so that it stays with the variant that it was given. */
export interface StickyKey {
  /** Undefined where the request has nothing to be known by. */
  keyOf(ctx: Context): string | undefined;
  /** The same, but nothing is given to a client that has sent nothing. */
  sentBy(ctx: Context): string | undefined;
  /** What is to be done with the reply. */
  readonly phases: Phases | undefined;
}

/** The number that a client without one gets with its reply. */
const GIVEN = contextKey<string>("sticky number");
/** As `crypto.randomUUID` makes it; the gateway believes no other, for a long one would have to be stored. */
const NUMBER = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

export function createStickyKey({ cookie, "hash-on": hashOn, "max-age": maxAgeMs }: StickyConfig): StickyKey {
  if (cookie === undefined) {
    const keyOf = hashKeyReader(hashOn);
    return { keyOf, sentBy: keyOf, phases: undefined };
  }
  const sent = hashKeyReader({ cookie });
  const sentBy = (ctx: Context) => {
    const known = sent(ctx);
    return known !== undefined && NUMBER.test(known) ? known : undefined;
  };
  const rest = `; Path=/; Max-Age=${Math.round(maxAgeMs / 1_000)}; HttpOnly; SameSite=Lax`;
  return {
    sentBy,
    keyOf(ctx) {
      const known = sentBy(ctx);
      if (known !== undefined) return known;
      const given = crypto.randomUUID();
      ctx.set(GIVEN, given);
      return given;
    },
    phases: {
      response(ctx, reply) {
        const given = ctx.get(GIVEN);
        if (given === undefined) return reply;
        const secure = ctx.request.scheme === "https" ? "; Secure" : "";
        reply.headers.append("set-cookie", `${cookie}=${given}${rest}${secure}`);
        return reply;
      },
    },
  };
}
