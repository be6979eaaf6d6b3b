/** Whether pages of an origin are allowed; the origin is as the browser writes it. */
export type OriginTest = (origin: string) => boolean;

/** What an origin looks like in the options, whatever its kind; for the schema. */
export const ORIGIN =
  "^(?:\\*|null|~.+|[a-z][a-z0-9+.-]*://(?:(?:\\*\\.)?[a-z0-9_.-]+|\\[[0-9a-f:.]+\\])(?::\\d{1,5})?)$";

/** Longer is no origin: a scheme, a name of 253 characters and a port are less. */
const MOST_LENGTH = 320;

/**
 * Makes one test of all origins in the options, none of which is `*`. Throws Error on one that no browser would ever
 * send, and on a regular expression that is none.
 */
export function compileOrigins(written: readonly string[]): OriginTest {
  const exact = new Set<string>();
  const others: OriginTest[] = [];
  for (const text of written) {
    if (text.startsWith("~")) others.push(regexTest(text));
    else if (text.includes("://*.")) others.push(wildcardTest(withoutDefaultPort(text)));
    else exact.add(withoutDefaultPort(text));
  }
  if (others.length === 0) return (origin) => exact.has(origin);
  return (origin) => {
    if (exact.has(origin)) return true;
    if (origin.length > MOST_LENGTH) return false;
    for (const test of others) if (test(origin)) return true;
    return false;
  };
}

/** The whole origin has to match: what an expression leaves open at an end would be somebody else's host. */
function regexTest(text: string): OriginTest {
  const source = text.slice(1);
  const expression = compileRegex(source);
  return (origin) => expression.test(origin);
}

function compileRegex(source: string): RegExp {
  try {
    // By itself first: two halves that are none could make one when they are put in parentheses.
    new RegExp(source);
    return new RegExp(`^(?:${source})$`);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new Error(`origins: ${JSON.stringify(`~${source}`)} is no regular expression: ${reason}`);
  }
}

/** One or more labels in the place of the star. */
const LABELS = /^[a-z0-9_-]+(?:\.[a-z0-9_-]+)*$/;

function wildcardTest(text: string): OriginTest {
  const star = text.indexOf("*");
  const start = text.slice(0, star);
  const end = text.slice(star + 1);
  return (origin) =>
    origin.length > start.length + end.length &&
    origin.startsWith(start) &&
    origin.endsWith(end) &&
    LABELS.test(origin.slice(start.length, -end.length));
}

const DEFAULT_PORT = /^(?:http:.*:80|https:.*:443)$/;

/** Browsers leave the default port out (RFC 6454 §6.2), so it can only be meant without. */
function withoutDefaultPort(text: string): string {
  return DEFAULT_PORT.test(text) ? text.slice(0, text.lastIndexOf(":")) : text;
}
