import {
  CHALLENGED,
  type Context,
  definePlugin,
  GatewayError,
  type Principal,
  readClaim,
  Type,
  wordsOf,
} from "../src/plugin.ts";

const Texts = (description: string) => Type.Optional(Type.Array(Type.String(), { minItems: 1, description }));
const Words = (what: string) =>
  Type.Optional(
    Type.Object(
      { any: Texts(`One of these ${what} is enough.`), all: Texts(`All of these ${what} are needed.`) },
      { additionalProperties: false, minProperties: 1, description: `The principal's ${what}.` },
    ),
  );
const Value = Type.Union([Type.String(), Type.Number(), Type.Boolean()]);

const Rule = (match: "all" | "any", description: string) =>
  Type.Optional(
    Type.Object(
      {
        principals: Texts("Ids, of which one has to be the principal's."),
        sources: Texts("Plugins, of which one has to vouch for it: jwt, api-key."),
        scopes: Words("scopes"),
        roles: Words("roles"),
        claims: Type.Optional(
          Type.Record(Type.String(), Type.Union([Value, Type.Array(Value, { minItems: 1 })]), {
            minProperties: 1,
            description:
              "Claim → its value, or values of which one is enough; of a claim that is a list, one of its items.",
          }),
        ),
        match: Type.Union([Type.Literal("all"), Type.Literal("any")], {
          default: match,
          description: "all: every one of the keys above has to be met; any: one of them.",
        }),
      },
      { additionalProperties: false, description },
    ),
  );

/** Lets some principals through and others not. */
export default definePlugin({
  name: "acl",
  description: "Lets requests through, or refuses them, by principal, scopes, roles and claims.",
  options: Type.Object({
    allow: Rule("all", "Who is let through; without it everyone who is known."),
    deny: Rule("any", "Who is refused all the same."),
    "roles-claim": Type.String({ default: "roles", description: "Claim that has the roles: realm_access.roles." }),
  }),
  // Whom it lets through is between the gateway's owner and them.
  describe: () => ({
    needsCaller: true,
    refusals: [
      { code: "unauthenticated", when: "Nobody knows who is calling.", headers: CHALLENGED },
      { code: "forbidden", when: "This caller may not do this." },
    ],
  }),
  setup(options) {
    const roles = (principal: Principal) => wordsOf(readClaim(principal.claims, options["roles-claim"]));
    const allows = compileRule("allow", options.allow, roles);
    const denies = compileRule("deny", options.deny, roles);
    const isLetThrough = (principal: Principal) => denies?.(principal) !== true && allows?.(principal) !== false;
    return {
      // After every `authenticate`, whatever the order in the YAML.
      limit({ principal }: Context) {
        if (principal === undefined) throw new GatewayError("unauthenticated", { headers: CHALLENGE });
        if (!isLetThrough(principal)) throw new GatewayError("forbidden");
        return undefined;
      },
      explain({ principal }) {
        if (principal === undefined)
          return { verdict: "depends", reason: "on who is calling, which is not known here" };
        const { id, source } = principal;
        if (isLetThrough(principal)) return { verdict: "passes", reason: `${id} (${source}) is let through` };
        const reason = denies?.(principal) === true ? "is in deny" : "is not in allow";
        return { verdict: "refuses", status: 403, reason: `${id} (${source}) ${reason}` };
      },
    };
  },
});

/** RFC 9110 §11.6.1 asks for one; which plugins there are to answer it, only the configuration knows. */
const CHALLENGE = { "www-authenticate": "Bearer" };

type Test = (principal: Principal) => boolean;
interface WordRule {
  readonly any?: readonly string[] | undefined;
  readonly all?: readonly string[] | undefined;
}
type Scalar = string | number | boolean;
interface RuleOptions {
  readonly principals?: readonly string[] | undefined;
  readonly sources?: readonly string[] | undefined;
  readonly scopes?: WordRule | undefined;
  readonly roles?: WordRule | undefined;
  readonly claims?: Readonly<Record<string, Scalar | readonly Scalar[]>> | undefined;
  readonly match: "all" | "any";
}

/** Undefined if there is no such rule. Throws Error if it says nothing: it would let everyone through, or no one. */
function compileRule(
  key: string,
  rule: RuleOptions | undefined,
  rolesOf: (principal: Principal) => readonly string[],
): Test | undefined {
  if (rule === undefined) return undefined;
  const { principals, sources, scopes, roles, claims } = rule;
  const tests: Test[] = [];
  if (principals !== undefined) tests.push(({ id }) => principals.includes(id));
  if (sources !== undefined) tests.push(({ source }) => sources.includes(source));
  if (scopes !== undefined) tests.push((principal) => hasWords(scopes, principal.scopes));
  if (roles !== undefined) tests.push((principal) => hasWords(roles, rolesOf(principal)));
  if (claims !== undefined) {
    const each = Object.entries(claims).map(([name, value]) => claimTest(name, Array.isArray(value) ? value : [value]));
    tests.push(...(rule.match === "all" ? each : [(principal: Principal) => each.some((test) => test(principal))]));
  }
  if (tests.length === 0) throw new Error(`${key}: say whom: principals, sources, scopes, roles or claims`);
  return rule.match === "all"
    ? (principal) => tests.every((test) => test(principal))
    : (principal) => tests.some((test) => test(principal));
}

function hasWords({ any, all }: WordRule, words: readonly string[]): boolean {
  if (any !== undefined && !any.some((word) => words.includes(word))) return false;
  return all === undefined || all.every((word) => words.includes(word));
}

/** Values are compared with their types: the text "1" is not the number 1. */
function claimTest(name: string, wanted: readonly Scalar[]): Test {
  return ({ claims }) => {
    const claim = readClaim(claims, name);
    const values: readonly unknown[] = Array.isArray(claim) ? claim : [claim];
    return values.some((value) => wanted.includes(value as Scalar));
  };
}
