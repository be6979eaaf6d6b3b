/** Characters that a secret needs, at least, which whoever knows a signature can try out at any speed. */
export const LEAST_KEY = 32;
/** The same of one that can only be tried at the gateway itself, which counts the attempts. */
export const LEAST_TOKEN = 16;

/** What people write where they mean to write something better, and what is between. */
const OBVIOUS =
  /pass(?:w[o0]rd|phrase|wd)?|p4ssw0rd|change|chang[e3]me|secret|token|admin|root|user|default|example|sluice|gateway|test|demo|dev|local|replace|insert|your|here|this|with|strong|secure|super|long|really|very|please|must|some|value|string|random|letmein|welcome|qwerty|asdf|zxcv|foobar|dummy|sample|hunter|bearer|api|key|for|the|my|me|[-_.]/gi;
/** Characters that are left without them, at least, and how many different ones. */
const LEAST_OWN = 8;
const LEAST_DIFFERENT = 5;

/** Why a secret could be guessed, in words that do not show it; undefined if it could not. */
export function weaknessOf(secret: string, least: number): string | undefined {
  if (secret.length < least) return `expected at least ${least} characters, found ${secret.length}`;
  const own = withoutRuns(secret.replaceAll(OBVIOUS, ""));
  if (own.length >= LEAST_OWN && new Set(own).size >= LEAST_DIFFERENT) return undefined;
  return "expected a text that nobody can guess, found one of common words, repetitions or rows";
}

/** Of a row such as `aaaa`, `1234` or `fedc` two characters are left. */
function withoutRuns(text: string): string {
  const stepAt = (index: number) => text.charCodeAt(index) - text.charCodeAt(index - 1);
  return [...text]
    .filter((_, index) => index < 2 || stepAt(index) !== stepAt(index - 1) || Math.abs(stepAt(index)) > 1)
    .join("");
}
