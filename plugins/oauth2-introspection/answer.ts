import { type Claims, type Principal, wordsAt } from "../../src/plugin.ts";

/** A token as the endpoint knows it. */
export interface Introspected {
  /** Undefined: the token is not active. */
  readonly principal: Principal | undefined;
  /** Ms since 1970; the token's own end, undefined if it has none. */
  readonly tokenEndsAtMs: number | undefined;
}

/** What an answer is that cannot be used, for the log. */
export class AnswerError extends Error {
  override readonly name = "AnswerError";
}

const INACTIVE: Introspected = { principal: undefined, tokenEndsAtMs: undefined };

/** Reads an answer (RFC 7662 §2.2). Throws AnswerError if it is none: nothing is assumed of a token then. */
export function readAnswer(body: Uint8Array, now: number): Introspected {
  const answer = parse(body);
  if (typeof answer.active !== "boolean") throw new AnswerError('the answer has no truth value "active"');
  if (!answer.active) return INACTIVE;
  const endsAt = secondsOf(answer, "exp");
  const startsAt = secondsOf(answer, "nbf");
  if ((endsAt !== undefined && endsAt <= now) || (startsAt !== undefined && startsAt > now)) return INACTIVE;
  const id = idOf(answer);
  if (id === undefined) throw new AnswerError("the answer has neither sub nor client_id: it is nobody's token");
  const principal: Principal = Object.freeze({
    id,
    source: "oauth2-introspection",
    scopes: wordsAt(answer, ["scope", "scp"]),
    claims: Object.freeze(answer),
  });
  return { principal, tokenEndsAtMs: endsAt };
}

function parse(body: Uint8Array): Claims {
  let answer: unknown;
  try {
    answer = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(body));
  } catch {
    throw new AnswerError("the answer is not JSON");
  }
  if (typeof answer === "object" && answer !== null && !Array.isArray(answer)) return answer as Claims;
  throw new AnswerError("the answer is no JSON object");
}

function secondsOf(answer: Claims, name: string): number | undefined {
  const value = answer[name];
  if (value === undefined || value === null) return undefined;
  if (typeof value === "number" && Number.isFinite(value)) return value * 1_000;
  throw new AnswerError(`${name} is no number`);
}

/** A client that calls for itself must not pass for a user whose subject is the client's name. */
function idOf({ sub, client_id: client }: Claims): string | undefined {
  if (typeof sub === "string" && sub !== "") return sub;
  return typeof client === "string" && client !== "" ? `client:${client}` : undefined;
}
