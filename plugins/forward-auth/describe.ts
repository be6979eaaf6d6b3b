import { type AnswerHeader, type PluginPolicy, RETRY_AFTER } from "../../src/plugin.ts";

/** The options that clients notice. */
interface Noticed {
  readonly failure: "deny" | "allow";
  readonly "principal-header"?: string | undefined;
  readonly "reply-headers": readonly string[];
}

/** What clients have to know where another service decides about their requests: not much, for only that one knows. */
export function describe(options: Noticed): PluginPolicy {
  const { failure, "principal-header": principal, "reply-headers": passed } = options;
  const shown = passed.map((name) => name.toLowerCase());
  const headers = Object.fromEntries(
    Object.entries(REPLY_HEADERS).filter(([name]) => shown.includes(name.toLowerCase())),
  );
  const content = { "*/*": {} };
  return {
    mayKnowCaller: principal !== undefined,
    refusals: [
      ...(failure === "deny"
        ? [{ code: "identity_unavailable", when: "Nobody can tell whether the request is allowed." } as const]
        : []),
      { code: "overloaded", when: "Too many requests wait for a decision.", headers: RETRY_AFTER },
    ],
    replies: [
      {
        status: "3XX",
        description: "The service that decides about requests sends the client elsewhere.",
        headers,
        content,
      },
      { status: "4XX", description: "The service that decides about requests has refused this one.", headers, content },
    ],
    notes: ["A service decides about each request: it may ask for credentials that are not described here."],
  };
}

const REPLY_HEADERS: Readonly<Record<string, AnswerHeader>> = {
  Location: { description: "Where it sends the client.", mayBeMissing: true },
  "Retry-After": { description: "When to try again.", mayBeMissing: true },
  "WWW-Authenticate": { description: "The credentials that it wants.", mayBeMissing: true },
};
