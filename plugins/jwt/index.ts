import { statSync } from "node:fs";
import {
  type Awaitable,
  type Context,
  compileClaimHeaders,
  compileCredential,
  definePlugin,
  noBearer,
  type Scope,
  sha256,
} from "../../src/plugin.ts";
import { compileAccess } from "./access.ts";
import { askBlacklist, type Blacklist, createBlacklist } from "./blacklist.ts";
import { describe } from "./describe.ts";
import { explainToken } from "./explain.ts";
import { counted, createMetrics } from "./metrics.ts";
import { isUrl, type JwtOptions, jwksOptions, Options } from "./options.ts";
import { invalidToken } from "./refusals.ts";
import { SharedValues } from "./shared.ts";
import { type CheckRules, TokenCheck } from "./token-check.ts";
import { type VerifiedToken, Verifier } from "./verifier.ts";

/** Lets requests through that bear a valid JSON Web Token. */
export default definePlugin({
  name: "jwt",
  description: "Lets requests through that bear a valid JSON Web Token, and says who is calling.",
  options: Options,
  describe: (written) => describe(written as JwtOptions, placesOf(written as JwtOptions)),
  async setup(written, scope) {
    const options = written as JwtOptions;
    if (options.optional && options.scopes.length + options.roles.length > 0) {
      throw new Error("optional: scopes and roles need a token, so it cannot be optional");
    }
    const credential = compileCredential(placesOf(options));
    const claimHeaders = compileClaimHeaders(options["forward-claims"]);
    const checkAccess = compileAccess(options);
    const count = createMetrics(scope);
    const verifiers = scope.state("verifiers", () => new SharedValues<Verifier>());
    const { value: verifier, release } = await verifiers.acquire(verificationKey(options), () =>
      Verifier.create(options, scope),
    );
    const prepare = async () => {
      // One that is there already may not have seen yet that a file has changed.
      await verifier.readKeys();
      return await blacklistOf(options, scope);
    };
    const blacklist = await prepare().catch((error: unknown) => {
      release();
      throw error;
    });

    const enter = (ctx: Context, token: VerifiedToken): void => {
      checkAccess?.(token);
      ctx.principal = token.principal;
      try {
        claimHeaders.set(ctx.request.headers, token.principal);
      } catch (cause) {
        throw invalidToken("claim", cause);
      }
    };
    const refuse = (ctx: Context, error: unknown): unknown => {
      ctx.principal = undefined;
      claimHeaders.clear(ctx.request.headers);
      return counted(error, count);
    };
    const admit = (isRevoked: boolean): void => {
      if (isRevoked) throw invalidToken("revoked");
      count.accepted.inc();
    };
    const admitLater = async (ctx: Context, pending: Awaitable<VerifiedToken>): Promise<undefined> => {
      try {
        const token = await pending;
        const isRevoked = blacklist === undefined ? false : await askBlacklist(blacklist, token);
        if (!isRevoked) enter(ctx, token);
        admit(isRevoked);
      } catch (error) {
        throw refuse(ctx, error);
      }
    };
    const rules: CheckRules | undefined = blacklist && { ...blacklist, admit, refuse };
    /** All but what the store has to say. That a token was revoked is told first of all that is wrong with it. */
    const check = (ctx: Context, token: VerifiedToken): Promise<undefined> | TokenCheck => {
      const { query } = token;
      if (rules === undefined || query === undefined) return admitLater(ctx, token);
      try {
        enter(ctx, token);
      } catch {
        return admitLater(ctx, token);
      }
      return new TokenCheck(rules, ctx, token, query);
    };
    return {
      authenticate(ctx) {
        try {
          claimHeaders.clear(ctx.request.headers);
          const text = credential.read(ctx);
          if (text === undefined) {
            if (options.optional) return undefined;
            throw noBearer();
          }
          const token = verifier.recall(text);
          if (token === undefined) return admitLater(ctx, verifier.verify(text));
          const isRevoked = blacklist === undefined ? false : blacklist.isRevoked(token);
          if (isRevoked === undefined) return check(ctx, token);
          if (!isRevoked) enter(ctx, token);
          admit(isRevoked);
          return undefined;
        } catch (error) {
          throw refuse(ctx, error);
        }
      },
      // A cache before this must see that there was a token: it is removed on the way to the service alone.
      ...(options["remove-token"] && {
        forward: (next) => (ctx) => {
          // A header of another scheme is somebody else's.
          if (credential.read(ctx) !== undefined) credential.remove(ctx);
          return next(ctx);
        },
      }),
      explain(ctx) {
        const asked = { isOptional: options.optional, isRevocable: blacklist !== undefined };
        return explainToken(ctx, { credential, claimHeaders, verifier, checkAccess, ...asked });
      },
      close() {
        blacklist?.close();
        release();
      },
    };
  },
});

function placesOf({ header, cookie, query }: JwtOptions) {
  const name = header?.toLowerCase() ?? (cookie === undefined && query === undefined ? "authorization" : undefined);
  return { header: name, scheme: name === "authorization" ? "Bearer" : undefined, cookie, query };
}

function blacklistOf({ blacklist }: JwtOptions, scope: Scope): Promise<Blacklist | undefined> {
  return blacklist === undefined ? Promise.resolve(undefined) : createBlacklist(blacklist, scope);
}

/** Routes whose tokens are verified in the same way share what was verified. */
function verificationKey(options: JwtOptions): string {
  const { "public-key": publicKey, secret, jwks, algorithms, issuer, audience, blacklist } = options;
  const source = jwks === undefined ? undefined : jwksOptions(jwks);
  const changedAt = source === undefined || isUrl(source.from) ? undefined : statSync(source.from).mtimeMs;
  const claims = [
    options["clock-tolerance"],
    options["required-claims"],
    options["scope-claims"],
    options["role-claims"],
  ];
  const keys = [publicKey, secret && sha256(secret), source, changedAt];
  return JSON.stringify([keys, algorithms, issuer, audience, claims, blacklist?.key]);
}
