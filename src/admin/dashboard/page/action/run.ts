import { ApiError, type AskOptions, ask } from "../api/client.ts";
import type { Child } from "../dom/h.ts";
import { tell } from "../dom/results.ts";

/** What is done when a button is pressed; the attributes of the button say with what. */
export type Action = (values: DOMStringMap) => Promise<void>;

/** A reload and what comes with it may take longer than a question. */
const ACTION_MS = 60_000;

/** Asks the gateway to do it, and says what has become of it. `detail` tells more of an answer, also of one that is no success. */
export async function run<T>(
  path: string,
  options: AskOptions,
  done: (answer: T) => string,
  detail?: (answer: T) => Child,
): Promise<void> {
  try {
    const answer = await ask<T>(path, { timeoutMs: ACTION_MS, ...options });
    tell("good", done(answer), detail?.(answer));
  } catch (error) {
    const { status, body, message } = error instanceof ApiError ? error : new ApiError(0, String(error));
    const isReport = status === 422 && body !== undefined;
    tell("critical", `Nothing was done. ${message}.`, isReport ? detail?.(body as T) : undefined);
  }
}

/** The text that somebody has written into a field. */
export function textIn(values: FormData, name: string): string {
  const value = values.get(name);
  return typeof value === "string" ? value.trim() : "";
}
