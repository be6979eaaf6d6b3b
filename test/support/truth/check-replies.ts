import type { Exchange } from "./exchange.ts";
import type { World } from "./world.ts";

/** What replies say wrongly of how they came about; nothing if their headers tell the truth. */
export function lieInReplies({ exchanges }: World): string[] {
  return exchanges.flatMap((exchange) => {
    const { reply, id } = exchange;
    if (reply === undefined || exchange.isBare) return [];
    const told = (name: string) => reply.header(name) ?? "";
    const isProblem = told("content-type") === "application/problem+json";
    const facts: readonly [string, boolean][] = [
      ["status", reply.status === exchange.status],
      ["problem", !hasProblem(exchange) || (isProblem && codeOf(exchange) === exchange.code)],
      [
        "Retry-After",
        !["rate_limited", "circuit_open"].includes(exchange.code ?? "") || Number(told("retry-after")) > 0,
      ],
      ["RateLimit", exchange.route !== "limited" || /;r=0;/.test(told("ratelimit"))],
      ["Allow", exchange.code !== "method_not_allowed" || told("allow") !== ""],
      ["WWW-Authenticate", exchange.code !== "unauthenticated" || told("www-authenticate") !== ""],
      [
        "Cache-Status",
        (exchange.service === "cached" && exchange.code === undefined) === (told("cache-status") !== ""),
      ],
      ["hit", exchange.cache === undefined || CACHE_STATUS[exchange.cache].test(told("cache-status"))],
      ["attempts", told("x-attempts") === "" || Number(told("x-attempts")) === exchange.attempts],
      ["Via", told("via") === ""],
    ];
    const wrong = facts.filter(([, isTrue]) => !isTrue).map(([name]) => name);
    return wrong.length === 0 ? [] : [`${id}: reply's ${wrong.join()}: ${JSON.stringify(reply.headers)}`];
  });
}

const CACHE_STATUS = { hit: /hit/, stale: /hit; ttl=-|detail=stale-if-error/, collapsed: /collapsed/ } as const;

/** A problem was sent, and came whole. */
function hasProblem({ code, method, reply, status }: Exchange): boolean {
  return code !== undefined && method !== "HEAD" && status >= 400 && reply?.body.length !== 0;
}

function codeOf({ reply }: Exchange): unknown {
  return JSON.parse(reply?.body.toString() ?? "{}").code;
}
