import { relative } from "node:path";
import {
  CHALLENGED,
  type Context,
  compileCredential,
  credentialSchemes,
  Duration,
  definePlugin,
  FilePath,
  GatewayError,
  type Principal,
  RETRY_AFTER,
  TWO_CREDENTIALS,
  Type,
} from "../../src/plugin.ts";
import { parseCredentials } from "./credentials.ts";
import { inlineUsers, openUsers } from "./users.ts";
import { Verifier } from "./verifier.ts";

const PLACE = { header: "authorization", scheme: "Basic" };

/** Lets requests through that bring a name and its password. */
export default definePlugin({
  name: "basic-auth",
  description: "Lets requests through that bring a user's name and password.",
  options: Type.Object({
    users: Type.Record(Type.String(), Type.String(), {
      default: {},
      description: "Name → hash of the password, bcrypt or argon2. Plain passwords are refused.",
    }),
    "users-file": Type.Optional(
      FilePath({ description: "More users, as `htpasswd -B` writes them: NAME:HASH. Read again when it changes." }),
    ),
    realm: Type.String({
      default: "gateway",
      pattern: "^[\\x20\\x21\\x23-\\x5b\\x5d-\\x7e]+$",
      expected: "printable text without quotes",
      description: "What browsers show when they ask for the password.",
    }),
    optional: Type.Boolean({
      default: false,
      description: "Let requests without credentials through, with no principal.",
    }),
    "forward-credentials": Type.Boolean({
      default: false,
      description: "Leave Authorization in what the service gets.",
    }),
    cache: Duration({ default: "5m", description: "How long a right password is remembered; 0s verifies each time." }),
  }),
  describe: ({ optional }) => ({
    security: { schemes: credentialSchemes("basic-auth", PLACE), isOptional: optional },
    refusals: [
      TWO_CREDENTIALS,
      {
        code: "unauthenticated",
        when: optional ? "Name or password is wrong." : "There is no name and password, or they are wrong.",
        headers: CHALLENGED,
      },
      { code: "overloaded", when: "Too many passwords are being verified.", headers: RETRY_AFTER },
    ],
  }),
  async setup(options, scope) {
    const { realm, optional, cache, "users-file": path } = options;
    const credential = compileCredential(PLACE);
    const file = path === undefined ? "" : relative(scope.directory, path);
    const source = await openUsers(inlineUsers(options.users), path, file, scope.log);
    // One for all: its bounds are those of the machine.
    const verifier = scope.state("verifier", () => new Verifier(scope.now, scope.log));
    const challenge = { "www-authenticate": `Basic realm="${realm}", charset="UTF-8"` };
    const principals = new Map<string, Principal>();
    const refuse = (detail: string) => new GatewayError("unauthenticated", { detail, headers: challenge });

    const decide = (ctx: Context, name: string, isRight: boolean): undefined => {
      if (!isRight) throw refuse("Name or password is wrong");
      let principal = principals.get(name);
      if (principal === undefined) {
        principal = Object.freeze({ id: name, source: "basic-auth", scopes: [], claims: Object.freeze({}) });
        // Only names of users get here: there are no more of them than that.
        principals.set(name, principal);
      }
      ctx.principal = principal;
      return undefined;
    };

    return {
      authenticate(ctx) {
        const encoded = credential.read(ctx);
        if (encoded === undefined) {
          if (optional) return undefined;
          throw refuse("A name and a password are needed");
        }
        const credentials = parseCredentials(encoded);
        if (credentials === undefined) throw refuse("The credentials are malformed");
        const { name } = credentials;
        const isRight = verifier.verify(credentials, source.current, cache);
        if (typeof isRight === "boolean") return decide(ctx, name, isRight);
        return isRight.then((answer) => decide(ctx, name, answer));
      },
      // A cache before this must see that there were credentials: they are removed on the way to the service alone.
      ...(!options["forward-credentials"] && {
        forward: (next) => (ctx) => {
          if (credential.read(ctx) !== undefined) credential.remove(ctx);
          return next(ctx);
        },
      }),
      close: () => source.close(),
    };
  },
});
