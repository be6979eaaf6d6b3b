/** What becomes of a request at one plugin. */
export interface Explanation {
  /** "answers" and "refuses" end the request's way; "depends": only the gateway that runs can tell. */
  readonly verdict: "passes" | "answers" | "refuses" | "depends";
  /** Of the reply, where it ends here. */
  readonly status?: number;
  /** Why, in words for people. */
  readonly reason: string;
  /** What it goes by, by name; never a secret. */
  readonly facts?: Readonly<Record<string, string | number | boolean | readonly string[]>>;
}
